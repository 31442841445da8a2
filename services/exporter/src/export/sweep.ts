import type { BlobStore } from '@slipway/blobs'
import type { AnyStore } from '@slipway/store'
import { takeOrphans } from './export.store.ts'

/** Frees what versions, sources and owners left behind, and parts of exports that were never finished. */
export async function sweep(store: AnyStore, blobs: BlobStore): Promise<void> {
  await store.transaction(async tx => {
    for (const name of await takeOrphans(tx)) await blobs.remove(tx, name)
  })
  await blobs.sweep()
}
