import { readFile } from 'node:fs/promises'
import type { Page, PlatformApi } from './platform-api.ts'

/** Real life cycles of well-known products, of endoflife.date; the licence stands beside them. */
const excerpt = new URL('../../data/lifecycles-excerpt.jsonl', import.meta.url)
const base = '/rest_api/v1'
const levels = { eoas: 'active-support', eol: 'maintenance' } as const

/** `eoas` is the last day of active support, `eol` that of all support; false: not known yet. */
type Cycle = {
  readonly product: string
  readonly title: string
  readonly cycle: string
  readonly eoas?: string | boolean
  readonly eol?: string | boolean
}

/**
 * Loads the life cycles as release schedules, unless an earlier run did; returns how many schedules there are. Each kind
 * goes in one request: all of it, or nothing.
 */
export async function loadLifeCycles(api: PlatformApi): Promise<number> {
  const lines = (await readFile(excerpt, 'utf8')).trim().split('\n')
  const cycles = lines.map(line => JSON.parse(line) as Cycle).filter(({ cycle }) => /^\d+(?:\.\d+)*$/.test(cycle))
  const schedules = cycles.flatMap(cycle =>
    (['eoas', 'eol'] as const).flatMap(end => {
      const date = cycle[end]
      return typeof date === 'string' ? [{ release: idOf(cycle), sla: levels[end], date }] : []
    }),
  )
  await fill(
    api,
    'component-sla-types',
    Object.values(levels).map(name => ({ name })),
  )
  await fill(api, 'releases', cycles.map(releaseOf))
  return fill(api, 'release-schedules', schedules)
}

const idOf = ({ product, cycle }: Cycle): string => `${product}-${cycle}`

const releaseOf = ({ product, title, cycle }: Cycle) => ({
  short: product,
  version: cycle,
  name: title,
  release_type: 'ga',
})

async function fill(api: PlatformApi, resource: string, items: readonly object[]): Promise<number> {
  const { count } = await api.call<Page<unknown>>('GET', `${base}/${resource}/?page_size=1`)
  if (count > 0) return count
  await api.call('POST', `${base}/${resource}/`, items)
  return items.length
}
