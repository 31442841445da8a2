import { type BulkImportState, type LineOutcome, lineOutcomes } from '@slipway/contracts'

/** Lines by what came of them; an outcome that no line had is left out. */
export type Counts = Readonly<Partial<Record<LineOutcome, number>>>

/** What came of a line. `errors`: by field, as the API answers a single write. */
export type LineResult = { readonly outcome: LineOutcome; readonly errors?: Readonly<Record<string, unknown>> }

/** One letter for each outcome. Stored data depends on them. */
const letters: Readonly<Record<LineOutcome, string>> = {
  created: 'c',
  updated: 'u',
  deleted: 'd',
  exists: 'e',
  unchanged: 's',
  invalid: 'i',
  failed: 'f',
  not_found: 'n',
  permission_denied: 'p',
  unknown: 'x',
}

export const letterOf = (outcome: LineOutcome): string => letters[outcome]

/** The outcomes of a batch, a letter a line. */
export const lettersOf = (results: readonly LineResult[]): string =>
  results.map(({ outcome }) => letters[outcome]).join('')

export const outcomeOf = (letter: string): LineOutcome =>
  lineOutcomes.find(outcome => letters[outcome] === letter) ?? 'unknown'

/** Counts with those of more lines. */
export function addResults(counts: Counts, results: readonly LineResult[]): Counts {
  const sum: Partial<Record<LineOutcome, number>> = { ...counts }
  for (const { outcome } of results) sum[outcome] = (sum[outcome] ?? 0) + 1
  return sum
}

export const isFinished = (state: BulkImportState): boolean => state !== 'PENDING' && state !== 'STARTED'

export type Progress = {
  readonly total: number
  readonly processed: number
  readonly counts: Counts
  /** Seconds so far; null before it starts. */
  readonly runtime: number | null
}

/** All counts under the names of reports. */
export function summaryOf({ total, processed, counts }: Progress): Record<string, number> {
  return { total, processed, ...Object.fromEntries(lineOutcomes.map(outcome => [outcome, counts[outcome] ?? 0])) }
}

/** The line that programs and people read progress from. Whatever did not work counts as failed in it. */
export function messageOf({ total, processed, counts, runtime }: Progress): string {
  const of = (...outcomes: LineOutcome[]) => outcomes.reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0)
  return [
    `Processed: ${processed}/${total}`,
    `Created: ${of('created')}`,
    `Updated: ${of('updated')}`,
    `DELETED: ${of('deleted')}`,
    `Existing: ${of('exists')}`,
    `Permission Denied: ${of('permission_denied')}`,
    `Failed: ${of('failed', 'invalid', 'not_found', 'unknown')}`,
    `Unchanged (standard checksum): ${of('unchanged')}`,
    `Time: ${(runtime ?? 0).toFixed(1)}secs`,
  ].join(' | ')
}
