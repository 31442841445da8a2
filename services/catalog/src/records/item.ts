import type { PdcQuery } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { selectionOf, valuesOfConditions, whereOf } from './conditions.ts'
import type { Kind } from './kind.ts'
import { bodyOf } from './list.ts'
import { run } from './run.ts'

/** A key of a URL as the database knows it; undefined: there can be no such row. */
export function readKey({ resource }: Kind, key: string): string | number | undefined {
  if (resource.key !== 'id') return key
  const id = /^\d{1,20}$/.test(key) ? Number(key) : Number.NaN
  return Number.isSafeInteger(id) ? id : undefined
}

/** The representation of one row, if there is one with this key that the filters let through. */
export async function readItem(
  store: Store,
  kind: Kind,
  query: PdcQuery,
  key: string,
  base: string,
): Promise<string | undefined> {
  const value = readKey(kind, key)
  const { conditions } = await selectionOf(kind, query, store.read)
  if (value === undefined || !conditions) return undefined
  const name = conditions.length === 0 ? `item-${kind.table}` : undefined
  const where = whereOf(conditions, [`item.${kind.resource.key} = :key`])
  const text = () => `select ${bodyOf(kind)} as body from ${kind.table} item ${kind.joins ?? ''} ${where}`
  const [row] = await run<{ body: string }>(store, name, text, { ...valuesOfConditions(conditions), base, key: value })
  return row?.body
}
