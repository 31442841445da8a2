import { type AnyStore, type Queryable, type Statement, type Store, snapshotRows } from '@slipway/store'
import { isListed, packageBody } from './representation.ts'
import type { Sight } from './visibility.ts'

type Read = Queryable['query']

/** A representation with the revision that it shows. */
export type Shown = { readonly body: string; readonly revision: number }

export async function readPackage(read: Read, id: number, sight: Sight): Promise<Shown | undefined> {
  const statement: Statement = {
    name: `package.read-${sight.name}`,
    text: `select ${packageBody(sight)} as body, package.revision from release_package package
      where package.release_package_id = $1 and package.inactive_at is null`,
  }
  const [shown] = await read<Shown>(statement, [id])
  return shown
}

export type ListState = { readonly count: number; readonly tag: string }

const state: Statement = {
  name: 'package.list-state',
  text: `select count(*) as count,
      md5(string_agg(release_package_id || ':' || revision, ',' order by release_package_id)) as digest
    from release_package where inactive_at is null`,
}

/**
 * How many packages there are, and a weak tag of their list. It is read before the list, so a change in between makes
 * the tag older than the list, never newer.
 */
export async function listState(store: Pick<AnyStore, 'read'>, { name }: Sight): Promise<ListState> {
  const [row] = await store.read<{ count: number; digest: string | null }>(state)
  return { count: row?.count ?? 0, tag: `W/"${row?.digest ?? 'none'}.${name}"` }
}

/** As many packages are read at once; more of them come through a cursor. */
const fewPackages = 200

/** The representations of all packages that are listed, in the order of their ids, in one query. */
export async function* listPackages(store: Store, sight: Sight, count: number): AsyncGenerator<readonly string[]> {
  const list = {
    name: `package.list-${sight.name}`,
    text: `select ${packageBody(sight)} as body from release_package package
      where ${isListed(sight)} order by package.release_package_id`,
  }
  if (count <= fewPackages) {
    const rows = await store.read<{ body: string }>(list)
    yield rows.map(({ body }) => body)
    return
  }
  for await (const rows of snapshotRows<{ body: string }>(store, list)) yield rows.map(({ body }) => body)
}

/** An array of rows that are JSON text already, written as they come in parts. */
export async function* jsonArray(parts: AsyncIterable<readonly string[]>): AsyncGenerator<Uint8Array> {
  let separator = '['
  for await (const rows of parts) {
    if (rows.length === 0) continue
    yield Buffer.from(separator + rows.join(','))
    separator = ','
  }
  yield Buffer.from(separator === '[' ? '[]' : ']')
}
