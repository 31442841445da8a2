import type { PdcQuery } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { type Expression, sql } from 'kysely'
import type { Condition, Kind, Nothing } from './kind.ts'

/** What the filters of a request mean for a kind; a filter that nothing can fulfil decides alone. */
export type Selection =
  | { readonly conditions: readonly Condition[]; readonly nothing?: undefined }
  | { readonly nothing: Nothing; readonly conditions?: undefined }

export async function selectionOf(kind: Kind, { filters }: PdcQuery, read: Queryable['query']): Promise<Selection> {
  const conditions: Condition[] = []
  let nothing: Nothing | undefined
  for (const [name, values] of Object.entries(filters)) {
    const condition = await kind.filters[name]?.(values, read)
    if (condition === undefined) continue
    if ('nothing' in condition) nothing ??= condition
    else conditions.push(condition)
  }
  return nothing ? { nothing } : { conditions }
}

/** What all of them ask for, and more; nothing where there are none. */
export function whereOf(conditions: readonly Condition[], more: readonly Expression<unknown>[] = []) {
  const all = [...conditions.map(({ where }) => sql`(${where})`), ...more]
  return all.length > 0 ? sql`where ${sql.join(all, sql` and `)}` : sql``
}

/** Tells conditions of a kind from others, whatever their values are. */
export const nameOfConditions = (conditions: readonly Condition[]): string[] => conditions.map(({ name }) => name)

export function valuesOfConditions(conditions: readonly Condition[]): Record<string, unknown> {
  return Object.fromEntries(conditions.map(({ name, value }) => [name, value]))
}
