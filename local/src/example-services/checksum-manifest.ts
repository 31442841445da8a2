import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { idPattern } from '@slipway/contracts'
import { platformOverHttp, taskFiles, taskService, type WorkRecord, writeFileAtomically } from '@slipway/participant'
import { computeManifest, type Manifest } from './manifest.ts'

export type ChecksumManifestOptions = {
  /** Holds a folder of files for each study, named by the study's id. */
  readonly files: string
  /** Where the manifests go, and the service's own book (`tasks/`). Made if it is missing. */
  readonly output: string
  /** Public address of the platform, and a token that may report. */
  readonly platformUrl: string
  readonly token: string
  /** Holds the reading of files back. Default: as fast as it goes. */
  readonly bytesPerSecond?: number | undefined
  readonly log: (line: string) => void
}

/**
 * A task service that computes the SHA-256 sums of all files of a release, tells by itself how far it is, and puts
 * `manifest-<version>.json` into its output folder when the release is published. It keeps its book on disk: when it is
 * restarted it goes on with what it was doing.
 */
export async function checksumManifest(options: ChecksumManifestOptions) {
  const { files, output, bytesPerSecond, log } = options
  const platform = platformOverHttp({ url: options.platformUrl, token: options.token })

  return taskService<Manifest>({
    name: 'checksum manifest',
    message: 'SHA-256 sums of all files of a release',
    version: '1.0.0',
    tasks: await taskFiles<WorkRecord<Manifest>>(join(output, 'tasks')),
    platform,
    log,

    /** A release with a study that there are no files of is refused now, not halfway through. */
    async check({ studies }) {
      for (const study of studies) {
        // It becomes a path.
        const found =
          idPattern.test(study) &&
          (await access(join(files, study)).then(
            () => true,
            () => false,
          ))
        if (!found) throw new Error(`there are no files of study ${study}`)
      }
    },

    async stage({ task: { studies }, signal, progress }) {
      return { result: await computeManifest({ root: files, studies, bytesPerSecond, signal, onProgress: progress }) }
    },

    async publish({ task: { release_id, result: studies = {} }, signal }) {
      const { version } = await platform.release(release_id, signal)
      const content = JSON.stringify({ release_id, version, studies }, null, 2)
      await writeFileAtomically(join(output, `manifest-${version}.json`), `${content}\n`)
    },
  })
}
