import type { BlobStore } from '@slipway/blobs'
import type { Store } from '@slipway/store'
import { impossible, progressOf } from './release-task.ts'
import { keepFile, type ReleaseVersion, versionsOf } from './release-version.store.ts'

/** Characters that file names have in most file systems, and in packages. */
const mostNameLength = 255

export type KeepOptions = { readonly store: Store; readonly blobs: BlobStore; readonly signal: AbortSignal }

export type Kept = { readonly progress: number; readonly error: string | undefined }

/**
 * Keeps a copy of every export that is ready, for the release: nobody can change or delete that one.
 * @returns percent of the files that are there, and what exports wait for that cannot be made at the moment
 * @throws `conflict` when there will be no export of a version
 */
export async function keepFiles(options: KeepOptions, task: string): Promise<Kept> {
  const versions = await versionsOf(options.store.read, task)
  let kept = 0
  for (const version of versions) {
    if (version.blob !== null || (await keepOne(options, version))) kept += 1
  }
  const waiting = versions.find(({ export_state: state, export_error }) => state === 'queued' && export_error !== null)
  return { progress: progressOf(kept, versions.length), error: waiting?.export_error ?? undefined }
}

async function keepOne({ store, blobs, signal }: KeepOptions, version: ReleaseVersion): Promise<boolean> {
  const { id, label, export_state, export_error, export_blob, export_file_name } = version
  if (version.version === null) throw impossible(`the version of ${label} was deleted`)
  if (export_state === 'absent') throw impossible(`no export of ${label}: ${export_error ?? 'it was deleted'}`)
  if (export_state !== 'ready' || export_blob === null || export_file_name === null) return false
  const found = await blobs.find(export_blob)
  // Replaced just now: it is looked at again.
  if (!found) return false
  const copy = await blobs.write(blobs.read(found), { signal })
  // Sources of several owners may have the same name, and what is released together needs names of its own.
  const fileName = `${version.owner}_${export_file_name}`.slice(-mostNameLength)
  const name = `release/${id}/${fileName}`
  const isKept = await store.transaction(async tx => {
    if (!(await keepFile(tx, id, name, fileName, copy))) return false
    await blobs.publish(tx, name, copy)
    return true
  })
  if (!isKept) await blobs.discard(copy)
  return isKept
}
