import type { BlobStore } from '@slipway/blobs'
import type { OperationHandler } from '@slipway/bus'
import { failure, isFailure, releaseFileBytes } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import { resumed } from '../export/archive.ts'
import { archiveAnswer } from '../export/export-answer.ts'
import { notFound } from '../rights.ts'
import { findFile } from './release-version.store.ts'

/**
 * Bytes of the files of releases. Who calls is not asked: the broker lets only the platform itself. Unlike an export, a
 * file of a release cannot be made again; that its bytes are gone or damaged is found out before anything is answered,
 * or while it is sent, which then breaks off.
 */
export function releaseFileHandlers(store: Store, blobs: BlobStore, log: Logger): OperationHandler[] {
  function lost(file: string, cause: unknown) {
    log.error({ event: 'release_file_lost', err: cause, file }, 'the bytes of a file of a release are lost or damaged')
    return failure('bad_upstream', 'The file is lost or damaged where it is kept.', { cause })
  }

  async function* checked(file: string, body: AsyncIterable<Uint8Array>) {
    try {
      yield* body
    } catch (error) {
      throw isFailure(error, 'not_found', 'bad_upstream') ? lost(file, error) : error
    }
  }

  return [
    handlerOf(releaseFileBytes.read, async ({ file: id, ...conditions }) => {
      const file = await findFile(store.read, id)
      if (!file) throw notFound()
      const blob = await blobs.find(file.blob)
      if (!blob) throw lost(id, new Error(`there is no ${file.blob}`))
      const answer = archiveAnswer(blobs, blob, file.file_name, conditions)
      const pieces = checked(id, answer.body)
      return { ...answer, body: resumed(await pieces.next(), () => pieces.next(), pieces) }
    }),
  ]
}
