import type { BlobStore } from '@slipway/blobs'
import type { Store } from '@slipway/store'
import { clearExport, lockExport } from '../export/export.store.ts'
import { tellExport } from '../export/export-events.ts'
import { sourceAt } from '../source/source.store.ts'
import { type VersionRow, versionAt } from '../source-version/version.store.ts'
import { deleteVersion } from '../source-version/write-version.store.ts'
import { releaseActor, tellVersion } from './cut-versions.ts'
import { moveTask, type ReleaseTask } from './release-task.store.ts'
import {
  forgetVersion,
  lockBoundSource,
  type ReleaseVersion,
  releaseVersion,
  versionsOf,
} from './release-version.store.ts'

/** Thrown to undo a publication that is not this worker's any more. */
const unwanted = Symbol('unwanted')

/**
 * Marks the versions of a task as released and the task as published, at once; nothing if it is canceled, or somebody
 * else's by now. A version that somebody deleted since is passed over: its file is there, and between staged and
 * published nothing may go wrong.
 */
export async function publishVersions(store: Store, row: ReleaseTask): Promise<void> {
  try {
    await store.transaction(async tx => {
      for (const { version: position, source: at } of await versionsOf(tx.query, row.task)) {
        if (position === null || at === null) continue
        await lockBoundSource(tx, at)
        if (!(await releaseVersion(tx, position, releaseActor))) continue
        const [version, source] = [await versionAt(tx.query, position), await sourceAt(tx.query, at)]
        if (version && source) await tellVersion(tx, 'updated', version, source, version.seq)
      }
      if (!(await moveTask(tx, row, 'publishing', { state: 'published', progress: 100 }))) throw unwanted
    })
  } catch (error) {
    if (error !== unwanted) throw error
  }
}

/** Removes what was made for a task that came to nothing: one version after the other, so that a crash loses little. */
export async function removeVersions(store: Store, blobs: BlobStore, { task }: ReleaseTask): Promise<void> {
  for (const version of await versionsOf(store.read, task)) await removeOne(store, blobs, version)
}

async function removeOne(store: Store, blobs: BlobStore, made: ReleaseVersion): Promise<void> {
  await store.transaction(async tx => {
    if (made.version !== null && made.source !== null) {
      await lockBoundSource(tx, made.source)
      const { state, blob } = await lockExport(tx, made.version)
      const [version, source] = [await versionAt(tx.query, made.version), await sourceAt(tx.query, made.source)]
      if (version && source) {
        if (blob !== null) await blobs.remove(tx, blob)
        if (state !== 'absent') {
          const sequence = await clearExport(tx, made.version)
          await tellExport(tx, 'deleted', { version, source }, sequence, { actor: releaseActor }, {})
        }
        await deleteVersion(tx, made.version)
        await tellVersion(tx, 'deleted', version satisfies VersionRow, source, version.seq + 1)
      }
    }
    if (made.blob !== null) await blobs.remove(tx, made.blob)
    await forgetVersion(tx, made.id)
  })
}
