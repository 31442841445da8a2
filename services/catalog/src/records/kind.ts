import type { Checked, EventType, Operation, PdcResource } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import {
  type AliasedExpression,
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import type { Database } from '../database.ts'

type Table = Exclude<keyof Database, `platform.${string}`>

/** A condition over `item`, the row; its value is the parameter of its name. */
export type Condition = {
  readonly name: string
  readonly where: Expression<SqlBool>
  readonly value?: unknown
  /** The counter of the kind knows the columns of this condition. */
  readonly counted?: boolean
}

/** Nothing can fulfil the filter. `warning` tells people why, where that is likely to be a mistake. */
export type Nothing = { readonly nothing: true; readonly warning?: string }

/** Turns the values of a filter into a condition; undefined: the filter counts as not given. @throws `invalid` */
export type Filter = (
  values: readonly string[],
  read: Queryable['query'],
) => Condition | Nothing | undefined | Promise<Condition | Nothing | undefined>

/** How the rows of a table are shown. */
export type Kind = {
  readonly resource: PdcResource
  readonly table: Table
  /** The fields of the representation, in their order; `item` is the row, the parameter `base` the base URL. */
  readonly fields: readonly AliasedExpression<unknown, string>[]
  readonly joins?: readonly Expression<unknown>[]
  readonly filters: Readonly<Record<string, Filter>>
  /** Columns of `item` that lists are ordered by unless the client says otherwise. */
  readonly order: { readonly by: readonly Expression<unknown>[]; readonly descending?: true }
  /** Column that every order ends with. Default `id`. */
  readonly tieBreak?: string
  /** Table whose column `rows` adds up to the number of rows, as far as conditions are `counted`. */
  readonly counter?: Table
  /** Resources whose last change is that of this one; with them, requests may be conditional. */
  readonly related?: readonly string[]
}

/** Expressions over `item`, a row of a table, and over what is joined to it, by its names. */
export function over<Item extends Table, Joined extends Readonly<Record<string, Table>> = Record<never, never>>() {
  type Rows = { item: Database[Item] } & { [Name in keyof Joined]: Database[Joined[Name]] }
  return expressionBuilder<Database & Rows, keyof Rows>() as ExpressionBuilder<Database & Rows, keyof Rows>
}

/** A table that is joined to `item`, by a name. */
export const joined = (
  kind: 'join' | 'left join',
  table: Table,
  name: string,
  on: Expression<unknown>,
): Expression<unknown> => sql`${sql.raw(kind)} ${sql.table(table)} as ${sql.id(name)} on ${on}`

export type StoredRow = { readonly id: number; readonly seq: number }

/** A way in which two rows may not be equal. */
export type Uniqueness<Row> = {
  /** Undefined: this row is equal to none. */
  readonly keyOf: (row: Row) => string | undefined
  /** Field that is wrong; absent: the object as a whole. */
  readonly field?: string
  /** Of an id that follows from other fields: told only when nothing else is wrong. */
  readonly ofId?: boolean
  readonly message: string
}

/** Whole objects (POST, PUT) or parts of them. */
export type Given = 'all' | 'present'

/** A column that follows from `r`, what is written, and `item`, what was there before. */
export type Derived = { readonly insert: Expression<unknown>; readonly update: Expression<unknown> }

/** How rows of a kind are written. `References` is what a batch of them refers to, loaded at once. */
export type WriteKind<Row extends StoredRow = StoredRow, References = unknown> = Kind & {
  readonly noun: string
  readonly events: { readonly added: EventType; readonly changed: EventType; readonly removed: EventType }
  /** Columns that are written, with their types. */
  readonly columns: Readonly<Record<string, string>>
  readonly derived?: Readonly<Record<string, Derived>>
  /** Fields that changesets keep. */
  readonly recorded: readonly string[]
  /** What changesets keep of a row under other models, by their names; undefined where there is nothing of it. */
  readonly parts?: Readonly<Record<string, (row: Row) => object | undefined>>
  /** Column and value of the key in URLs. */
  readonly keyColumn: string
  readonly keyOf: (row: Row) => string
  /** The key as a segment of a URL. */
  readonly pathOf: (row: Row) => string
  readonly uniqueness: readonly Uniqueness<Row>[]
  loadReferences(read: Queryable['query'], bodies: readonly unknown[], rows: readonly Row[]): Promise<References>
  /**
   * The row that a body makes, of nothing or of the row that was there; what one item changes of the references, later
   * items see. @throws `invalid`
   */
  merge(
    checked: Checked<Record<string, unknown>>,
    old: Row | undefined,
    references: References,
    given: Given,
    id: number,
  ): Omit<Row, 'id' | 'seq'>
  /** Rows that may be equal to one of these in a way that must not be. */
  loadNeighbours(read: Queryable['query'], rows: readonly Row[]): Promise<Row[]>
}

/** What of a kind says how its rows are kept, whatever they refer to. */
export type StoredKind<Row extends StoredRow> = Omit<WriteKind<Row>, 'loadReferences' | 'merge' | 'loadNeighbours'>

/** The operations that write one kind. */
export type WriteOperations = Readonly<
  Record<'create' | 'createMany' | 'replace' | 'update' | 'replaceMany' | 'updateMany', Operation>
> &
  Readonly<Partial<Record<'delete' | 'deleteMany', Operation>>>
