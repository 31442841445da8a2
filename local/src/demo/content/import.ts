import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import type { PlatformApi } from '../platform-api.ts'
import type { Progress } from '../progress.ts'
import { type Dictionary, sourcePath } from './dictionaries.ts'
import type { Terminology } from './terminology.ts'

export type ImportOptions = {
  readonly api: PlatformApi
  readonly dictionary: Dictionary
  readonly terminology: Terminology
  readonly onProgress: (progress: Progress) => void
}

type Task = {
  readonly id: string
  readonly state: string
  readonly message: string | null
  /** Seconds. */
  readonly runtime: number | null
  readonly report: {
    readonly total: number
    readonly processed: number
    readonly created: number
    readonly unchanged: number
  }
}

const imports = '/importers/bulk-import/'
const pollMs = 250
const linesAtOnce = 200

/**
 * Imports concepts, then mappings, each unless its last line is there already: lines are taken in their order, so an
 * import that has come so far is complete. Fails with `refused` when a line is not taken.
 */
export async function importTerminology(options: ImportOptions): Promise<void> {
  const { dictionary, terminology } = options
  const source = sourcePath(dictionary)
  const place = { owner: dictionary.org.id, owner_type: 'Organization', source: dictionary.source.id }
  const url = (id: string) => `${source}concepts/${id}/`
  await importLines(options, 'concepts', terminology.concepts, concept => ({ type: 'Concept', ...place, ...concept }))
  await importLines(options, 'mappings', terminology.mappings, ({ from, to, ...mapping }) => {
    const ends = { from_concept_url: url(from), to_concept_url: url(to) }
    return { type: 'Mapping', ...place, ...mapping, ...ends }
  })
}

async function importLines<Item extends { readonly id: string }>(
  options: ImportOptions,
  kind: 'concepts' | 'mappings',
  items: readonly Item[],
  lineOf: (item: Item) => object,
): Promise<void> {
  const { api, dictionary } = options
  const label = `${dictionary.source.id} ${kind}`
  const path = `${imports}${dictionary.source.id}-${kind}/`
  // The platform goes on with what it was doing when it was stopped.
  const earlier = await api.call<Task[]>('GET', path)
  for (const { id } of earlier.filter(({ state }) => isUnfinished(state))) await followImport(options, id, label)

  const last = items.at(-1)
  if (!last || (await api.find(`${sourcePath(dictionary)}${kind}/${last.id}/`))) return
  const body = ReadableStream.from(linesOf(items, lineOf))
  const answer = await api.open('POST', path, { type: 'application/x-ndjson', body })
  if (answer.status !== 202) throw failure('bad_upstream', `POST ${path}: ${answer.status} ${await answer.text()}`)
  const { task } = (await answer.json()) as { task: string }
  const { state, message, report } = await followImport(options, task, label)
  if (state !== 'SUCCESS' || report.created + report.unchanged !== items.length) {
    throw failure('refused', `${label}: ${state}, ${message}`)
  }
}

/** The task of an import, when it has ended. */
async function followImport({ api, onProgress }: ImportOptions, id: string, label: string): Promise<Task> {
  for (;;) {
    const task = await api.call<Task>('GET', `${imports}?task=${id}`)
    const { processed: done, total } = task.report
    onProgress({ label, done, total, seconds: task.runtime ?? 0 })
    if (!isUnfinished(task.state)) return task
    await delay(pollMs)
  }
}

const isUnfinished = (state: string): boolean => state === 'PENDING' || state === 'STARTED'

async function* linesOf<Item>(items: readonly Item[], lineOf: (item: Item) => object): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < items.length; at += linesAtOnce) {
    const lines = items.slice(at, at + linesAtOnce).map(item => `${JSON.stringify(lineOf(item))}\n`)
    yield Buffer.from(lines.join(''))
  }
}
