import { failure } from '@slipway/contracts'
import type { Progress } from '../progress.ts'
import { readExport } from './read-export.ts'
import type { Counts } from './source.ts'
import type { Terminology } from './terminology.ts'

export type VerifyOptions = {
  /** Of the export. */
  readonly path: string
  /** What must be in it. */
  readonly terminology: Terminology
  /** What the version holds that it is of: all of that must be in it, too. */
  readonly version: Counts
  readonly label: string
  readonly onProgress: (progress: Progress) => void
}

const rowsBetweenReports = 2_000

/** Opens an export and counts its rows. Fails with `bad_upstream` unless it holds all that it must, and nothing twice. */
export async function verifyExport({ path, terminology, version, label, onProgress }: VerifyOptions): Promise<Counts> {
  const begun = performance.now()
  const total = version.concepts + version.mappings
  const found = { concepts: new Set<string>(), mappings: new Set<string>() }
  let rows = 0
  for await (const { kind, id } of readExport(path)) {
    found[kind].add(id)
    rows += 1
    if (rows % rowsBetweenReports === 0 && rows < total) {
      onProgress({ label, done: rows, total, seconds: (performance.now() - begun) / 1000 })
    }
  }
  onProgress({ label, done: rows, total, seconds: (performance.now() - begun) / 1000 })
  for (const kind of ['concepts', 'mappings'] as const) {
    const missing = terminology[kind].filter(({ id }) => !found[kind].has(id))
    if (missing.length > 0) {
      throw failure('bad_upstream', `${path} lacks ${missing.length} ${kind}, among them ${missing[0]?.id}`)
    }
    if (found[kind].size !== version[kind]) {
      throw failure('bad_upstream', `${path} has ${found[kind].size} ${kind}, its version ${version[kind]}`)
    }
  }
  if (rows !== total) throw failure('bad_upstream', `${path} has ${rows} rows, not ${total}: some come twice`)
  return { concepts: found.concepts.size, mappings: found.mappings.size }
}
