import type { PdcQuery } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
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

export function whereOf(conditions: readonly Condition[], more: readonly string[] = []): string {
  const all = [...conditions.map(({ sql }) => `(${sql})`), ...more]
  return all.length > 0 ? `where ${all.join(' and ')}` : ''
}

export function valuesOfConditions(conditions: readonly Condition[]): Record<string, unknown> {
  return Object.fromEntries(conditions.map(({ name, value }) => [name, value]))
}
