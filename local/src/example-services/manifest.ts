import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export type ManifestFile = { readonly path: string; readonly bytes: number; readonly sha256: string }
/** The files of each study, ordered by path. */
export type Manifest = { readonly [Study in string]: readonly ManifestFile[] }

export type ManifestOptions = {
  /** Holds a folder for each study. */
  readonly root: string
  readonly studies: readonly string[]
  /** Reading may be held back, so that it leaves the storage to others. Default: as fast as it goes. */
  readonly bytesPerSecond?: number | undefined
  readonly signal: AbortSignal
  /** Called with the percentage of bytes that were read, when it has changed. */
  readonly onProgress: (percent: number) => void
}

/** Computes the SHA-256 sums of all files of some studies. Rejects when a file can not be read or on `signal`. */
export async function computeManifest(options: ManifestOptions): Promise<Manifest> {
  const { root, studies, bytesPerSecond, signal, onProgress } = options
  const lists = await Promise.all(studies.map(study => filesOf(join(root, study))))
  const total = lists.flat().reduce((sum, file) => sum + file.bytes, 0)
  const since = Date.now()
  let done = 0
  let reported = 0

  const advance = async (bytes: number): Promise<void> => {
    done += bytes
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100)
    if (percent > reported) onProgress(percent)
    reported = percent
    const aheadMs = bytesPerSecond === undefined ? 0 : (done / bytesPerSecond) * 1_000 - (Date.now() - since)
    if (aheadMs > 5) await delay(aheadMs, undefined, { signal })
  }

  const manifest: Record<string, ManifestFile[]> = {}
  for (const [index, study] of studies.entries()) {
    const files: ManifestFile[] = []
    for (const { path, bytes } of lists[index] ?? []) {
      const hash = createHash('sha256')
      for await (const chunk of createReadStream(join(root, study, path), { signal, highWaterMark: 64 * 1024 })) {
        hash.update(chunk as Buffer)
        await advance((chunk as Buffer).length)
      }
      files.push({ path, bytes, sha256: hash.digest('hex') })
    }
    manifest[study] = files
  }
  return manifest
}

async function filesOf(folder: string): Promise<{ path: string; bytes: number }[]> {
  const names = (await readdir(folder)).sort()
  return Promise.all(names.map(async path => ({ path, bytes: (await stat(join(folder, path))).size })))
}
