import type { BlobStore } from '@slipway/blobs'
import type { Store } from '@slipway/store'
import { blobNameOf, purgeImports } from './bulk-import.store.ts'

/** Hours that results can be read after the end. */
const keptHours = 72

/** Forgets old imports, and frees what their lines take. */
export async function sweepImports(store: Store, blobs: BlobStore): Promise<void> {
  await store.transaction(async tx => {
    for (const id of await purgeImports(tx, keptHours)) await blobs.remove(tx, blobNameOf(id))
  })
}
