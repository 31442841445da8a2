import type { BlobStore } from '@slipway/blobs'
import type { Worker } from '@slipway/service'
import { type EveryOptions, every, type Store } from '@slipway/store'

const hourMs = 3_600_000

/** Frees the bytes of licences that were replaced, and of uploads that were never finished. */
export function startBlobSweep(store: Store, blobs: BlobStore, log: EveryOptions['log']): Worker {
  const run = async () => {
    const swept = await blobs.sweep()
    if (swept > 0) log.info({ event: 'blobs_swept', count: swept }, 'bytes that nobody wants were removed')
  }
  return every({ store, name: 'catalog-blob-sweep', everyMs: hourMs, run, log })
}
