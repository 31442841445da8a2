import type { PdcQuery } from '@slipway/contracts'
import { parametersOf, type Store } from '@slipway/store'
import { sql } from 'kysely'
import { nameOfConditions, selectionOf, valuesOfConditions, whereOf } from './conditions.ts'
import type { Kind } from './kind.ts'
import { bodyOf, joinsOf } from './list.ts'
import { shaped } from './run.ts'

const bodies = shaped<{ body: string }>()
const { key: keyParameter } = parametersOf<{ key: string | number }>()

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
  const readOne = () => {
    const where = whereOf(conditions, [sql`${sql.ref(`item.${kind.resource.key}`)} = ${keyParameter}`])
    return sql<{
      body: string
    }>`select ${bodyOf(kind)} as body from ${sql.table(kind.table)} item ${joinsOf(kind)} ${where}`
  }
  const shape = { key: ['item', kind.table, ...nameOfConditions(conditions)], query: readOne }
  const values = { ...valuesOfConditions(conditions), base, key: value }
  const [row] = await bodies.run(store, conditions.length === 0, shape, values)
  return row?.body
}
