import { type ErrorDetail, invalid } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'

export type Relations = {
  readonly release?: string | null | undefined
  readonly task?: string | null | undefined
  readonly task_service?: string | null | undefined
  readonly study?: string | null | undefined
}

const exist: Statement = {
  name: 'relations-exist',
  text: `
    select
      $1::text is null or exists (select from release where kf_id = $1) as release,
      $2::text is null or exists (select from task where kf_id = $2) as task,
      $3::text is null or exists (select from task_service where kf_id = $3 and not deleted) as task_service,
      $4::text is null or exists (select from study where kf_id = $4) as study`,
}

/** Names of the relations that lead nowhere; absent and null ones lead nowhere legitimately and are not among them. */
export async function missingRelations(read: Queryable['query'], relations: Relations): Promise<(keyof Relations)[]> {
  const { release, task, task_service, study } = relations
  if (!release && !task && !task_service && !study) return []
  const values = [release ?? null, task ?? null, task_service ?? null, study ?? null]
  const [row] = await read<Record<keyof Relations, boolean>>(exist, values)
  const names = ['release', 'study', 'task_service', 'task'] as const
  return names.filter(name => row && !row[name])
}

/** What a body says about links to things that do not exist. */
export async function brokenLinks(read: Queryable['query'], relations: Relations): Promise<ErrorDetail[]> {
  const missing = await missingRelations(read, relations)
  return missing.map(name => ({
    path: [name],
    reason: 'does_not_exist',
    message: 'Invalid hyperlink - Object does not exist.',
  }))
}

/** @throws `invalid` naming every filter that leads nowhere */
export async function requireFilters(read: Queryable['query'], relations: Relations): Promise<void> {
  const missing = await missingRelations(read, relations)
  if (missing.length === 0) return
  const message = 'Select a valid choice. That choice is not one of the available choices.'
  throw invalid(missing.map(name => ({ path: [name], reason: 'does_not_exist', message })))
}
