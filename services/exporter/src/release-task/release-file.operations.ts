import type { BlobStore } from '@slipway/blobs'
import type { OperationHandler } from '@slipway/bus'
import { releaseFileBytes } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { AnyStore } from '@slipway/store'
import { archiveAnswer } from '../export/export-answer.ts'
import { notFound } from '../rights.ts'
import { findFile } from './release-version.store.ts'

/** Bytes of the files of releases. Who calls is not asked: the broker lets only the platform itself. */
export function releaseFileHandlers(store: AnyStore, blobs: BlobStore): OperationHandler[] {
  return [
    handlerOf(releaseFileBytes.read, async ({ file: id, ...conditions }) => {
      const file = await findFile(store.read, id)
      const blob = file && (await blobs.find(file.blob))
      if (!file || !blob) throw notFound()
      return archiveAnswer(blobs, blob, file.file_name, conditions)
    }),
  ]
}
