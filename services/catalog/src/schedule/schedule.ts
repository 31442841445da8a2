import { type Checked, complete, type ErrorDetail } from '@slipway/contracts'
import type { StoredRow } from '../records/kind.ts'
import { missingObject, notAChoice } from '../records/problem.ts'

export type ScheduleRow = StoredRow & { readonly release_id: number; readonly sla_id: number; readonly date: string }

/** What a batch of schedules refers to. */
export type ScheduleReferences = {
  readonly releases: ReadonlyMap<string, number>
  readonly slas: ReadonlyMap<string, number>
  /** Names of service levels, where one was given that does not exist. */
  readonly slaNames: readonly string[]
}

type Values = { readonly release: string; readonly sla: string; readonly date: string }

/** The row that a body makes. @throws `invalid` with everything that is wrong with its fields */
export function mergeSchedule(
  checked: Checked<Record<string, unknown>>,
  old: ScheduleRow | undefined,
  { releases, slas, slaNames }: ScheduleReferences,
): Omit<ScheduleRow, keyof StoredRow> {
  const { release, sla } = checked.values as Partial<Values>
  const problems: ErrorDetail[] = []
  if (release !== undefined && !releases.has(release)) problems.push(missingObject('release', 'release_id', release))
  if (sla !== undefined && !slas.has(sla)) problems.push(notAChoice('sla', sla, slaNames))
  const { date = old?.date } = complete(checked, problems) as Partial<Values>
  return {
    release_id: release === undefined ? (old?.release_id as number) : (releases.get(release) as number),
    sla_id: sla === undefined ? (old?.sla_id as number) : (slas.get(sla) as number),
    date: date as string,
  }
}
