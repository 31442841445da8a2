import type { Parameters } from '@slipway/store'
import { type QueryCreator, sql } from 'kysely'
import type { Database } from '../database.ts'

/**
 * A new revision of the package that something is changed in, for its entity tags; it returns what events and the trail
 * tell of the package.
 */
export const revise = (db: QueryCreator<Database>, p: Parameters<{ package: number }>) =>
  db
    .updateTable('release_package')
    .set(eb => ({ revision: eb('revision', '+', 1) }))
    .where('release_package_id', '=', p.package)
    .returning(eb => ['release_package_id', 'member', eb.fn.coalesce('name', sql.lit('')).as('package_name')])
