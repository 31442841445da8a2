import { byShape, type Queryable, type Store, snapshotRows } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'
import { isListed, packageBody } from './representation.ts'
import type { Sight } from './visibility.ts'

type Read = Queryable['query']

/** A representation with the revision that it shows. */
export type Shown = { readonly body: string; readonly revision: number }

const readOne = byShape(
  ({ name }: Sight) => `package.read-${name}`,
  (name, sight) =>
    prepare<{ id: number }>()(name, (db, p) =>
      db
        .selectFrom('release_package as package')
        .select([packageBody(sight).as('body'), 'package.revision'])
        .where('package.release_package_id', '=', p.id)
        .where('package.inactive_at', 'is', null),
    ),
)

export async function readPackage(read: Read, id: number, sight: Sight): Promise<Shown | undefined> {
  const [shown] = await read(readOne(sight), { id })
  return shown
}

export type ListState = { readonly count: number; readonly tag: string }

const state = prepare()('package.list-state', db =>
  db
    .selectFrom('release_package')
    .select(eb => [
      eb.fn.countAll<number>().as('count'),
      sql<string | null>`md5(string_agg(release_package_id || ':' || revision, ',' order by release_package_id))`.as(
        'digest',
      ),
    ])
    .where('inactive_at', 'is', null),
)

/**
 * How many packages there are, and a weak tag of their list. It is read before the list, so a change in between makes
 * the tag older than the list, never newer.
 */
export async function listState(store: Pick<Store, 'read'>, { name }: Sight): Promise<ListState> {
  const [row] = await store.read(state)
  return { count: row?.count ?? 0, tag: `W/"${row?.digest ?? 'none'}.${name}"` }
}

const listAll = byShape(
  ({ name }: Sight) => `package.list-${name}`,
  (name, sight) =>
    prepare()(name, db =>
      db
        .selectFrom('release_package as package')
        .select(packageBody(sight).as('body'))
        .where(isListed(sight))
        .orderBy('package.release_package_id'),
    ),
)

/** As many packages are read at once; more of them come through a cursor. */
const fewPackages = 200

/** The representations of all packages that are listed, in the order of their ids, in one query. */
export async function* listPackages(store: Store, sight: Sight, count: number): AsyncGenerator<readonly string[]> {
  const list = listAll(sight)
  if (count <= fewPackages) {
    const rows = await store.read(list)
    yield rows.map(({ body }) => body)
    return
  }
  for await (const rows of snapshotRows(store, list)) yield rows.map(({ body }) => body)
}
