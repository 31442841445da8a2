import { blobStore } from './blob-store.ts'
import { rowStorage } from './row-storage.ts'
import type { BlobDatabase, BlobStore } from './types.ts'

/** The tables behind every blob store, a set of their own in the database of the owner. */
export const blobMigrations = { set: 'blobs', folder: new URL('../migrations', import.meta.url) } as const

/** Blobs in the owner's Postgres, names and bytes. */
export const postgresBlobs = (database: BlobDatabase): BlobStore => blobStore(database, [rowStorage(database)])
