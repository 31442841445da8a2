import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import type { Database } from '../database.ts'

type Parts = Database & { r: Database['release']; s: Database['task_service'] }

/** The studies of a release `r`, in their order. */
export function studiesOf(eb: ExpressionBuilder<Parts, 'r'>): RawBuilder<string[]> {
  const studies = eb
    .selectFrom('release_study as rs')
    .select('rs.study')
    .whereRef('rs.release', '=', 'r.kf_id')
    .orderBy('rs.ordinal')
  return sql<string[]>`array${studies}`
}

/** The address of a task service `s`; null when it is gone. */
export function urlOf(eb: ExpressionBuilder<Parts, 's'>) {
  return eb.case().when('s.deleted', '=', true).then(null).else(eb.ref('s.url')).end()
}
