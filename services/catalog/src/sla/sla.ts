import { type Checked, complete, type ErrorDetail } from '@slipway/contracts'
import type { StoredRow } from '../records/kind.ts'
import { problem } from '../records/problem.ts'

export type SlaRow = StoredRow & { readonly name: string; readonly description: string }

/** The row that a body makes. A service level keeps its name for ever. @throws `invalid` */
export function mergeSla(
  checked: Checked<Record<string, unknown>>,
  old: SlaRow | undefined,
): Omit<SlaRow, keyof StoredRow> {
  const { name } = checked.values as Partial<SlaRow>
  const problems: ErrorDetail[] =
    old && name !== undefined && name !== old.name
      ? [problem('name', 'immutable', "You may not modify the SLA's name due to policy")]
      : []
  const values = complete(checked, problems) as Partial<SlaRow>
  return {
    name: values.name ?? (old?.name as string),
    description: values.description ?? old?.description ?? '',
  }
}
