import type { BlobStore, NamedBlob } from '@slipway/blobs'
import { isFailure } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { SourceRow } from '../source/source.store.ts'
import type { VersionRow } from '../source-version/version.store.ts'
import { type ExportRow, lockExport, queueExport } from './export.store.ts'
import { archiveAnswer, type ReadConditions } from './export-answer.ts'
import { type ExportCause, tellExport } from './export-events.ts'

export type ArchivesOptions = {
  readonly store: Store
  readonly blobs: BlobStore
  /** A job may be due. */
  readonly kick: () => void
  readonly log: Logger
}

type Of = { readonly version: VersionRow; readonly source: SourceRow }

/** Hands archives out, and has those made again whose bytes turn out to be gone or damaged. */
export function archives({ store, blobs, kick, log }: ArchivesOptions) {
  /** Unless somebody replaced, deleted or remade it meanwhile. */
  async function remake(of: Of, name: string, id: string | undefined, cause: ExportCause, error: unknown) {
    log.error({ err: error, version: of.version.id, source: of.source.id }, 'an export was lost; it is made again')
    await store.transaction(async tx => {
      const now = await lockExport(tx, of.version.position)
      if (now.state !== 'ready' || now.blob !== name || (await blobs.find(name))?.id !== id) return
      await blobs.remove(tx, name)
      const sequence = await queueExport(tx, of.version.position, 'read')
      await tellExport(tx, 'queued', of, sequence, cause, {})
      tx.afterCommit(kick)
    })
  }

  return {
    /** The archive of an export, if it is ready and `id`, when given, is that of its bytes. */
    async find({ state, blob: name, fileName }: ExportRow, id?: string) {
      if (state !== 'ready' || name === null || fileName === null) return undefined
      const blob = await blobs.find(name)
      if (id !== undefined && blob?.id !== id) return undefined
      return { name, fileName, blob }
    },

    /**
     * The answer with the archive; undefined when it is lost. That is found out before anything is answered, or while it
     * is sent: then the answer breaks off, and whoever asks again gets a good one.
     */
    async open(
      of: Of,
      found: { readonly name: string; readonly fileName: string; readonly blob: NamedBlob | null },
      conditions: ReadConditions,
      cause: ExportCause,
      more: (blob: NamedBlob) => Readonly<Record<string, string>> = () => ({}),
    ) {
      const { name, fileName, blob } = found
      if (!blob) {
        if (!conditions.head) await remake(of, name, undefined, cause, new Error('the archive has vanished'))
        return undefined
      }
      const answer = archiveAnswer(blobs, blob, fileName, conditions, more(blob))
      const pieces = answer.body[Symbol.asyncIterator]()
      const next = async () => {
        try {
          return await pieces.next()
        } catch (error) {
          if (isFailure(error, 'not_found', 'bad_upstream')) await remake(of, name, blob.id, cause, error)
          throw error
        }
      }
      try {
        return { ...answer, body: resumed(await next(), next, pieces) }
      } catch (error) {
        if (isFailure(error, 'not_found', 'bad_upstream')) return undefined
        throw error
      }
    },
  }
}

/** An iteration of which the first result is known already. */
export function resumed<Item>(
  first: IteratorResult<Item>,
  next: () => Promise<IteratorResult<Item>>,
  begun: AsyncIterator<Item>,
): AsyncIterable<Item> {
  let pending: IteratorResult<Item> | undefined = first
  const iterator: AsyncIterator<Item> = {
    async next() {
      if (!pending) return next()
      const result = pending
      pending = undefined
      return result
    },
    async return() {
      await begun.return?.()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}
