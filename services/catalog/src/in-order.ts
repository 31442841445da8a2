import { type Expression, sql } from 'kysely'

/** The ids that are given, as the table `wanted`, each with its place among them. */
export const inOrder = (ids: Expression<number[]>) =>
  sql<{ id: number; place: number }>`unnest(${ids}::bigint[]) with ordinality`.as<'wanted'>(sql`wanted(id, place)`)
