import { type Parameters, type Queryable, type Store, snapshotRows } from '@slipway/store'
import { type Expression, type Kysely, sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Range } from '../page.ts'
import type { Read } from '../source/source.store.ts'
import { prepare } from '../sql.ts'
import { type ChildKind, childRowOf } from './child.ts'
import { freeBytes, roomNeeded } from './room.ts'
import { olderPiecesOf, type RowText, rowText, type TextRow, textColumns } from './row-text.ts'

/** Where children are read: the live source, or a frozen version of it. */
export type Scope = { readonly source: number; readonly version: number | null }

export type StoredChild = {
  readonly position: number
  readonly uuid: string
  readonly number: number
  readonly retired: boolean
  readonly body: string
}

/** The source of children that are to be changed, and bytes that there is room for. */
export type Place = { readonly tx: Queryable; readonly source: { readonly position: number }; readonly room: number }

export type ShownChild = TextRow & { readonly position: number; readonly number: number }

export type Key = { readonly source: number; readonly kind: ChildKind; readonly id: string }

/** Hidden from the planner, which would otherwise take an index that begins with it; see the migration. */
export const hiddenKind = (kind: Expression<ChildKind>) => sql<ChildKind>`${kind} || ''`

/** A child as it is now, by source, kind and id. */
const live = (db: Kysely<Database>, p: Parameters<Key>) =>
  db
    .selectFrom('child as c')
    .innerJoin('child_version as v', 'v.position', 'c.head')
    .where('c.source', '=', p.source)
    .where(({ ref }) => hiddenKind(ref('c.kind')), '=', p.kind)
    .where('c.id', '=', p.id)

const find = prepare<Key & { most: number }>()('child.find', (db, p) =>
  live(db, p).select(eb => {
    const bytes = eb.fn<number>('octet_length', ['v.body'])
    const body = eb.case().when(bytes, '<=', sql<number>`${p.most}::bigint`).then(eb.ref('v.body')).end()
    return ['c.position', 'c.uuid', 'v.number', 'v.retired', bytes.as('bytes'), body.as('body')]
  }),
)
const findPosition = prepare<Key>()('child.find-position', (db, p) => live(db, p).select('c.position'))
/**
 * The name that the concept with the state `v` is shown with, as JSON. Not read as JSON by Postgres, which is slower and
 * does not know every text that JSON does.
 */
export const shownName = (body: Expression<string>) =>
  sql<string>`substring(${body} from ${String.raw`"display_name":("(?:[^"\\]|\\.)*"|null)`})`
const findName = prepare<Key>()('child.find-name', (db, p) =>
  live(db, p).select(({ ref }) => ['c.position', shownName(ref('v.body')).as('name')]),
)
const findShown = prepare<Key>()('child.find-shown', (db, p) =>
  live(db, p).select(['c.position', 'v.number', ...textColumns]),
)
const findFrozen = prepare<Key & { version: number }>()('child.find-frozen', (db, p) =>
  db
    .selectFrom('child as c')
    .innerJoin('member as m', join =>
      join.on('m.version', '=', p.version).on('m.kind', '=', p.kind).onRef('m.child', '=', 'c.position'),
    )
    .innerJoin('child_version as v', 'v.position', 'm.child_version')
    .select(['c.position', 'v.number', ...textColumns])
    .where('c.source', '=', p.source)
    .where(({ ref }) => hiddenKind(ref('c.kind')), '=', p.kind)
    .where('c.id', '=', p.id),
)
const findState = prepare<{ child: number; newest: number; state: string }>()('child.find-state', (db, p) =>
  db
    .selectFrom('child_version as v')
    .select(textColumns)
    .where('v.child', '=', p.child)
    .where('v.number', '<=', p.newest)
    .where(({ or, ref }) =>
      or([
        sql<boolean>`${ref('v.number')}::text = ${p.state}`,
        sql<boolean>`${ref('v.body')}::json ->> 'uuid' = ${p.state}`,
      ]),
    ),
)
const states = prepare<{ child: number; newest: number } & Range>()('child.states', (db, p) =>
  db
    .selectFrom('child_version as v')
    .innerJoin('child as c', 'c.position', 'v.child')
    .select(eb => [...textColumns, eb('v.number', '=', eb.ref('c.number')).$castTo<boolean>().as('latest')])
    .where('v.child', '=', p.child)
    .where('v.number', '<=', p.newest)
    .orderBy('v.number', 'desc')
    .limit(p.limit)
    .offset(p.offset),
)
const matching = prepare<{ source: number; match_key: string }>()('child.matching', (db, p) =>
  db.selectFrom('child').select('id').where('source', '=', p.source).where('match_key', '=', p.match_key),
)
/** For a change: all of it. @throws `roomNeeded` when it has more bytes than there is room for */
export async function findChild(
  { tx, source, room }: Place,
  kind: ChildKind,
  id: string,
): Promise<StoredChild | undefined> {
  const most = Math.max(freeBytes, Math.min(room, Number.MAX_SAFE_INTEGER))
  const [row] = await tx.query(find, { source: source.position, kind, id, most })
  if (!row) return undefined
  const { bytes, body, ...child } = row
  if (body === null) throw roomNeeded(bytes)
  return { ...child, body }
}

export async function isChildThere(read: Read, source: number, kind: ChildKind, id: string): Promise<boolean> {
  return (await read(findPosition, { source, kind, id })).length > 0
}

/** What mappings say of the concept that they lead to. */
export async function findConceptName(
  read: Read,
  source: number,
  id: string,
): Promise<{ readonly position: number; readonly name: string | null } | undefined> {
  const [row] = await read(findName, { source, kind: 'concept', id })
  return row && { position: row.position, name: JSON.parse(row.name) as string | null }
}

/** As it is shown. */
export async function findShownChild(
  read: Read,
  { source, version }: Scope,
  kind: ChildKind,
  id: string,
): Promise<ShownChild | undefined> {
  const key = { source, kind, id }
  const [row] = await (version === null ? read(findShown, key) : read(findFrozen, { ...key, version }))
  return row
}

/** An older state, by its number or uuid; none that is newer than the given one. */
export async function findChildState(read: Read, child: ShownChild, state: string): Promise<TextRow | undefined> {
  const [row] = await read(findState, { child: child.position, newest: child.number, state })
  return row
}

type StateRow = TextRow & { readonly latest: boolean }

/** Its states up to this one, newest first, as JSON text in parts. */
export async function* childStates(store: Store, child: ShownChild, { limit, offset }: Range) {
  const { read } = store
  const textOf = ({ latest, ...row }: StateRow): RowText => {
    if (latest) return rowText(read, row)
    const { body, state } = row
    if (body === null) return olderPiecesOf(read, state)
    return JSON.stringify({ ...childRowOf(body), is_latest_version: false })
  }
  const given = { child: child.position, newest: child.number, limit, offset }
  for await (const rows of snapshotRows(store, states, given)) yield rows.map(textOf)
}

/** Id of the mapping of the source that says the same. */
export async function findMatch(tx: Queryable, source: number, matchKey: string): Promise<string | undefined> {
  const [row] = await tx.query(matching, { source, match_key: matchKey })
  return row?.id
}
