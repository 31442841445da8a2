import type { Checked, EventType, Operation, PdcResource } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'

/** A condition over `item`, the row; `:name` in its SQL is the value. */
export type Condition = {
  readonly name: string
  readonly sql: string
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
  readonly table: string
  /** Select list of the representation; `item` is the row, `:base` the base URL. */
  readonly fields: string
  readonly joins?: string
  readonly filters: Readonly<Record<string, Filter>>
  /** Columns of `item` that lists are ordered by unless the client says otherwise, and the same the other way round. */
  readonly order: { readonly forwards: string; readonly backwards: string }
  /** Column that every order ends with. Default `id`. */
  readonly tieBreak?: string
  /** Table whose column `rows` adds up to the number of rows, as far as conditions are `counted`. */
  readonly counter?: string
  /** Resources whose last change is that of this one; with them, requests may be conditional. */
  readonly related?: readonly string[]
}

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

/** How rows of a kind are written. `References` is what a batch of them refers to, loaded at once. */
export type WriteKind<Row extends StoredRow = StoredRow, References = unknown> = Kind & {
  readonly noun: string
  readonly events: { readonly added: EventType; readonly changed: EventType; readonly removed: EventType }
  /** Columns that are written, with their types. */
  readonly columns: Readonly<Record<string, string>>
  /** Further columns, from `r`, what is written, and `item`, what was there before. */
  readonly derived?: Readonly<Record<string, { readonly insert: string; readonly update: string }>>
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

/** The operations that write one kind. */
export type WriteOperations = Readonly<
  Record<'create' | 'createMany' | 'replace' | 'update' | 'replaceMany' | 'updateMany', Operation>
> &
  Readonly<Partial<Record<'delete' | 'deleteMany', Operation>>>
