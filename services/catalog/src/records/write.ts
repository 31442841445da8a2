import type { CallContext } from '@slipway/bus'
import { failure, type Operation, type PdcQuery } from '@slipway/contracts'
import { commandOf } from '@slipway/service'
import { isForeignKeyViolation, isUniqueViolation, type Queryable, rememberCommand, type Store } from '@slipway/store'
import { type Cause, recordChanges } from '../changeset/record-changes.ts'
import { type Item, judge, labelled } from './batch.ts'
import { requireUnmodified } from './conditional.ts'
import { selectionOf } from './conditions.ts'
import { readKey } from './item.ts'
import type { Given, StoredRow, WriteKind } from './kind.ts'
import { insertRows, removeRows, reserveIds, updateRows } from './row-statements.ts'
import { bodiesOf, changeOf, lockRows, type Stored } from './stored.ts'

/** One request that writes. */
export type Request = {
  readonly operation: Operation
  readonly input: unknown
  readonly query: PdcQuery
  readonly context: CallContext
  readonly comment: string | null
  readonly unmodifiedSince: number | undefined
}

/** Makes the answer from the representations of the items, in their order; it is what a repetition is answered, too. */
export type Render = (bodies: readonly string[]) => string

/** Two requests that were judged at the same time may break a rule together; the second one is judged again. */
const attempts = 4

/**
 * Runs a batch in one transaction: all or nothing, a handful of statements however many items. What a concurrent request
 * made impossible is found by the constraints of the database and told in the words of the API.
 */
async function inOneGo<Result>(
  store: Store,
  { operation, input, context }: Request,
  status: number,
  work: (tx: Queryable) => Promise<{ readonly result: Result; readonly body: string }>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await store.transaction(async tx => {
        const { result, body } = await work(tx)
        const command = commandOf(operation, input, context)
        if (command) await rememberCommand(tx, { ...command, status, headers: {}, body })
        return result
      })
    } catch (error) {
      const collided =
        isForeignKeyViolation(error) || (isUniqueViolation(error) && !isUniqueViolation(error, commandKey))
      if (!collided) throw error
      if (attempt === attempts) throw failure('conflict', 'The change contradicts another one.', { cause: error })
    }
  }
}

const commandKey = 'platform_command_pkey'

/** Adds objects; answers 201. */
export function create<Row extends StoredRow>(
  store: Store,
  kind: WriteKind<Row>,
  request: Request,
  bodies: readonly { readonly label: number | undefined; readonly body: unknown }[],
  render: Render,
): Promise<string> {
  const { context } = request
  return inOneGo(store, request, 201, async tx => {
    await requireUnmodified(tx.query, kind.related ?? [], request.unmodifiedSince)
    const reserved = await tx.query(reserveIds(kind), { count: bodies.length })
    const items = bodies.map(
      ({ label, body }, index): Item<Row> => ({
        label,
        body,
        key: undefined,
        find: () => undefined,
        id: reserved[index]?.id as number,
      }),
    )
    const rows = await judge(kind, tx.query, items, new Map(), 'all')
    if (rows.length > 0) await tx.query(insertRows(kind), { rows: JSON.stringify(rows) })
    const shown = await bodiesOf(
      tx,
      kind,
      rows.map(({ id }) => id),
      context.baseUrl,
    )
    const stored = rows.map(row => ({ row, body: shown.get(row.id) as string }))
    await record(
      tx,
      kind,
      stored.map(after => ({ before: undefined, after })),
      request,
    )
    const body = render(stored.map(({ body }) => body))
    return { result: body, body }
  })
}

/** Replaces or changes objects by their keys; answers 200. */
export function change<Row extends StoredRow>(
  store: Store,
  kind: WriteKind<Row>,
  request: Request,
  given: Given,
  bodies: readonly { readonly label: string | undefined; readonly key: string; readonly body: unknown }[],
  render: Render,
): Promise<string> {
  const { context } = request
  return inOneGo(store, request, 200, async tx => {
    await requireUnmodified(tx.query, kind.related ?? [], request.unmodifiedSince)
    const items = bodies.map(item => itemOf(kind, item))
    const found = await lockGiven(
      tx,
      kind,
      request,
      items.map(({ key }) => key),
    )
    const before = new Map(found.map(stored => [stored.row.id, stored]))
    const rows = await judge(kind, tx.query, items, new Map(found.map(({ row }) => [row.id, row])), given)
    // Of several items for one row, the last one tells what it is in the end.
    const last = new Map(rows.map(row => [row.id, row]))
    const written = [...last.values()].filter(row => differs(kind, row, before.get(row.id)?.row))
    if (written.length > 0) await tx.query(updateRows(kind), { rows: JSON.stringify(written) })
    const shown = await bodiesOf(
      tx,
      kind,
      written.map(({ id }) => id),
      context.baseUrl,
    )
    const bodyOf = (id: number) => shown.get(id) ?? (before.get(id) as Stored<Row>).body
    const changes = written.map(row => ({ before: before.get(row.id), after: { row, body: bodyOf(row.id) } }))
    await record(tx, kind, changes, request)
    const body = render(rows.map(({ id }) => bodyOf(id)))
    return { result: body, body }
  })
}

function differs<Row extends StoredRow>({ columns }: WriteKind<Row>, row: Row, old: Row | undefined): boolean {
  const values = (of: Row | undefined) => JSON.stringify(Object.keys(columns).map(name => of?.[name as keyof Row]))
  return values(row) !== values(old)
}

function itemOf<Row extends StoredRow>(
  kind: WriteKind<Row>,
  { label, key, body }: { readonly label: string | undefined; readonly key: string; readonly body: unknown },
): Item<Row> {
  const value = readKey(kind, key)
  const find = (rows: ReadonlyMap<number, Row>) => {
    if (typeof value === 'number') return rows.get(value)
    return rows.values().find(row => kind.keyOf(row) === value)
  }
  return { label, body, key: value ?? '', find: value === undefined ? () => undefined : find, id: 0 }
}

/** What goes with a deletion: rows of other kinds that it takes along, recorded and told like every other deletion. */
export type Cascade<Row> = (
  tx: Queryable,
  rows: readonly Row[],
  request: Request,
) => Promise<readonly ReturnType<typeof changeOf>[]>

/** Deletes objects by their keys; answers 204. */
export async function remove<Row extends StoredRow>(
  store: Store,
  kind: WriteKind<Row>,
  request: Request,
  keys: readonly { readonly label: string | number | undefined; readonly key: string }[],
  cascade?: Cascade<Row>,
): Promise<void> {
  await inOneGo(store, request, 204, async tx => {
    const values = keys.map(({ key }) => readKey(kind, key))
    const found = await lockGiven(tx, kind, request, values)
    const left = new Map(found.map(stored => [kind.keyOf(stored.row), stored]))
    for (const [index, { label }] of keys.entries()) {
      const key = values[index]
      // Named twice, it is gone the second time.
      if (!left.delete(String(key))) throw labelled(failure('not_found', 'Not found.'), label)
    }
    const rows = found.map(({ row }) => row)
    const along = cascade && rows.length > 0 ? await cascade(tx, rows, request) : []
    if (rows.length > 0) await tx.query(removeRows(kind), { ids: rows.map(({ id }) => id) })
    const changes = found.map(before => changeOf(kind, before, undefined, request.context.baseUrl))
    await recordAll(tx, [...along, ...changes], request)
    return { result: undefined, body: '' }
  })
}

async function lockGiven<Row extends StoredRow>(
  tx: Queryable,
  kind: WriteKind<Row>,
  { query, context }: Request,
  keys: readonly (string | number | undefined)[],
): Promise<Stored<Row>[]> {
  const { conditions } = await selectionOf(kind, query, tx.query)
  const known = [...new Set(keys.filter(key => key !== undefined && key !== ''))] as (string | number)[]
  if (!conditions || known.length === 0) return []
  return lockRows(tx, kind, known, context.baseUrl, conditions)
}

async function record<Row extends StoredRow>(
  tx: Queryable,
  kind: WriteKind<Row>,
  changes: readonly { readonly before: Stored<Row> | undefined; readonly after: Stored<Row> | undefined }[],
  request: Request,
) {
  const made = changes.map(({ before, after }) => changeOf(kind, before, after, request.context.baseUrl))
  await recordAll(tx, made, request)
}

async function recordAll(
  tx: Queryable,
  changes: readonly ReturnType<typeof changeOf>[],
  { context, comment }: Request,
) {
  const cause: Cause = { context, comment }
  await recordChanges(
    tx,
    changes.filter(made => made !== undefined),
    cause,
  )
}
