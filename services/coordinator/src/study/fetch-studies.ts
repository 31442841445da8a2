import { unfitText } from '@slipway/contracts'
import type { Outbound } from '@slipway/service'
import { z } from 'zod'
import type { MirroredStudy } from './study-mirror.store.ts'

/** A study that the data service tells of and that cannot be taken over. */
export type LeftOut = {
  /** Where it has one that can be read. */
  readonly study_id: string | undefined
  readonly reason: string
}

export type FetchedStudies = { readonly studies: readonly MirroredStudy[]; readonly leftOut: readonly LeftOut[] }

const longestName = 256

const kfId = z.string().regex(/^[A-Z]{2}_[0-9A-Z]{8}$/, 'Its kf_id is none.')
const studySchema = z.object({
  kf_id: kfId,
  name: z
    .string('Its name is no text.')
    .max(longestName, `Its name has more than ${longestName} characters.`)
    .refine(text => unfitText(text) === undefined, 'Its name has characters that cannot be kept.')
    .nullish(),
  visible: z.boolean('Its visibility is neither true nor false.').nullish(),
  created_at: z.unknown().optional(),
})
const pageSchema = z.object({
  // What is no object at all is no study: the page is something else.
  results: z.array(z.looseObject({})),
  _links: z.object({ next: z.string().nullish() }).partial().optional(),
})

const firstInstant = Date.parse('0001-01-01T00:00:00Z')
/** More pages than any data service has: a `next` that leads in circles ends here. */
const maxPages = 10_000

/** All studies of the data service, following its pages to the end; or the status that says why not. */
export async function fetchStudies(
  outbound: Outbound,
  base: string,
): Promise<FetchedStudies | { readonly status: number }> {
  const studies = new Map<string, MirroredStudy>()
  const leftOut: LeftOut[] = []
  let next: string | undefined = '/studies?limit=100'
  for (let pages = 0; next && pages < maxPages; pages += 1) {
    const target = URL.parse(next, base.endsWith('/') ? base : `${base}/`)
    const path: string = next.startsWith('/') && target ? `${base.replace(/\/$/, '')}${next}` : (target?.href ?? next)
    const result = await outbound.send({
      url: path,
      method: 'GET',
      headers: { accept: 'application/json' },
      redirects: 5,
    })
    if (result.kind === 'unreachable') return { status: 502 }
    if (result.status !== 200) return { status: result.status >= 400 ? result.status : 502 }
    const page = readPage(result.text)
    if (!page) return { status: 502 }
    for (const given of page.results) {
      const study = readStudy(given)
      if ('reason' in study) leftOut.push(study)
      else studies.set(study.kf_id, study)
    }
    next = page._links?.next ?? undefined
    if (page.results.length === 0) break
  }
  return { studies: [...studies.values()], leftOut }
}

function readPage(text: string): z.infer<typeof pageSchema> | undefined {
  try {
    return pageSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** One bad study keeps none of the others out. */
function readStudy(given: unknown): MirroredStudy | LeftOut {
  const { data, error } = studySchema.safeParse(given)
  if (!data) {
    const id = z.object({ kf_id: kfId }).safeParse(given).data?.kf_id
    return { study_id: id, reason: error.issues[0]?.message ?? 'It cannot be read.' }
  }
  const { kf_id, name, visible, created_at } = data
  return { kf_id, name: name ?? '', visible: visible ?? true, created_at: readInstant(created_at) }
}

/** An instant that is none, or beyond what calendars of databases know, counts as not given. */
function readInstant(given: unknown): string | null {
  const time = typeof given === 'string' ? Date.parse(given) : Number.NaN
  return time >= firstInstant && time < Date.UTC(10_000, 0) ? (given as string) : null
}
