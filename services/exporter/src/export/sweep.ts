import type { BlobStore } from '@slipway/blobs'
import type { Queryable, Store } from '@slipway/store'
import { prepare } from '../sql.ts'

const orphans = prepare()('export.orphans', db =>
  db.deleteFrom('orphaned_blob').returning(eb => [
    'name',
    eb
      .exists(eb.selectFrom('export as e').whereRef('e.blob', '=', 'orphaned_blob.name'))
      .$castTo<boolean>()
      .as('inUse'),
  ]),
)

/** Frees what versions, sources and owners left behind, and parts of exports that were never finished. */
export async function sweep(store: Store, blobs: BlobStore): Promise<void> {
  await store.transaction(async tx => {
    for (const name of await takeOrphans(tx)) await blobs.remove(tx, name)
  })
  await blobs.sweep()
}

/** Names of blobs whose version is gone. */
async function takeOrphans(tx: Queryable): Promise<string[]> {
  const rows = await tx.query(orphans)
  return rows.filter(({ inUse }) => !inUse).map(({ name }) => name)
}
