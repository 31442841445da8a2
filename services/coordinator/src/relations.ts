import { type ErrorDetail, invalid } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from './sql.ts'

export type Relations = {
  readonly release?: string | null | undefined
  readonly task?: string | null | undefined
  readonly task_service?: string | null | undefined
  readonly study?: string | null | undefined
}

const exist = prepare<Relations>()('relations.exist', (db, p) => {
  const release = db.selectFrom('release').select('kf_id').where('kf_id', '=', sql<string>`${p.release}`)
  const task = db.selectFrom('task').select('kf_id').where('kf_id', '=', sql<string>`${p.task}`)
  const service = db
    .selectFrom('task_service')
    .select('kf_id')
    .where('kf_id', '=', sql<string>`${p.task_service}`)
    .where('deleted', '=', false)
  const study = db.selectFrom('study').select('kf_id').where('kf_id', '=', sql<string>`${p.study}`)
  return db.selectNoFrom([
    sql<boolean>`${p.release}::text is null or exists ${release}`.as('release'),
    sql<boolean>`${p.task}::text is null or exists ${task}`.as('task'),
    sql<boolean>`${p.task_service}::text is null or exists ${service}`.as('task_service'),
    sql<boolean>`${p.study}::text is null or exists ${study}`.as('study'),
  ])
})

/** Names of the relations that lead nowhere; absent and null ones lead nowhere legitimately and are not among them. */
export async function missingRelations(read: Queryable['query'], relations: Relations): Promise<(keyof Relations)[]> {
  const { release, task, task_service, study } = relations
  if (!release && !task && !task_service && !study) return []
  const [row] = await read(exist, relations)
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
