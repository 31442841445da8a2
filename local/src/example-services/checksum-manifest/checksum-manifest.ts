import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from '@slipway/contracts'
import { writeFileAtomically } from '../atomic-file.ts'
import { createPlatformClient } from '../platform-client.ts'
import { receive, type TaskAnswer, type TaskCommand } from '../task-record.ts'
import type { TaskService } from '../task-server.ts'
import { computeManifest } from './manifest.ts'
import { openTaskFiles, type TaskEntry } from './task-files.ts'

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

type Work = { readonly done: Promise<void>; cancel(): void }

/** Percent between two reports on progress. */
const reportStep = 5

/**
 * A task service that computes the SHA-256 sums of all files of a release, tells by itself how far it is, and puts
 * `manifest-<version>.json` into its output folder when the release is published. It keeps its book on disk: when it is
 * restarted it goes on with what it was doing.
 */
export async function checksumManifest(options: ChecksumManifestOptions): Promise<TaskService> {
  const { files, output, log } = options
  const tasks = await openTaskFiles(join(output, 'tasks'))
  const platform = createPlatformClient({ ...options, complain: log })
  const work = new Map<string, Work>()

  const stage = async (entry: TaskEntry, signal: AbortSignal): Promise<void> => {
    const { task_id, studies } = entry.record
    let { record } = entry
    const manifest = await computeManifest({
      root: files,
      studies,
      bytesPerSecond: options.bytesPerSecond,
      signal,
      onProgress(progress) {
        if (progress === 100 || progress - record.progress < reportStep) return
        record = { ...record, progress }
        tasks.note({ record })
        platform.report(task_id, { progress })
      },
    })
    await settle({ record, manifest }, 'staged', signal)
  }

  const publish = async ({ record, manifest = {} }: TaskEntry, signal: AbortSignal): Promise<void> => {
    const version = await platform.versionOf(record.release_id)
    const content = { release_id: record.release_id, version, studies: manifest }
    await writeFileAtomically(join(output, `manifest-${version}.json`), `${JSON.stringify(content, null, 2)}\n`)
    await settle({ record, manifest }, 'published', signal)
  }

  /** First into the book, then to the platform: it must not hear of a state that a crash would take back. */
  const settle = async (entry: TaskEntry, state: 'staged' | 'published' | 'failed', signal: AbortSignal) => {
    signal.throwIfAborted()
    const progress = state === 'failed' ? entry.record.progress : 100
    await tasks.save({ ...entry, record: { ...entry.record, state, progress } })
    platform.report(entry.record.task_id, { state, progress })
  }

  const begin = (entry: TaskEntry): void => {
    const { task_id, state } = entry.record
    if (state !== 'running' && state !== 'publishing') return
    const controller = new AbortController()
    const { signal } = controller
    const done = (state === 'running' ? stage(entry, signal) : publish(entry, signal)).catch(async error => {
      if (signal.aborted) return
      log(`task ${task_id} failed: ${error}`)
      await settle(entry, 'failed', signal)
    })
    work.set(task_id, { done, cancel: () => controller.abort() })
  }

  const endWork = async (taskId: string): Promise<void> => {
    work.get(taskId)?.cancel()
    await work.get(taskId)?.done
    work.delete(taskId)
  }

  const obey = async (command: TaskCommand): Promise<TaskAnswer> => {
    const { action, task_id, studies } = command
    if (action === 'cancel') await endWork(task_id)
    const known = tasks.find(task_id)
    const { record, answer, isNew } = receive(known?.record, command)
    if (!isNew) return answer
    if (action === 'initialize') await mustHaveFiles(studies)
    const entry = { ...known, record }
    await tasks.save(entry)
    begin(entry)
    return answer
  }

  /** A release with a study that we have no files of is refused now, not halfway through. */
  const mustHaveFiles = async (studies: readonly string[]): Promise<void> => {
    for (const study of studies) {
      await access(join(files, study)).catch(cause => {
        throw failure('refused', `there are no files of study ${study}`, { cause })
      })
    }
  }

  let last: Promise<unknown> = Promise.resolve()
  for (const entry of tasks.all()) begin(entry)
  return {
    name: 'checksum manifest',
    message: 'SHA-256 sums of all files of a release',
    version: '1.0.0',
    // One command after the other, so that a repetition finds the first one done.
    obey(command) {
      const result = last.then(() => obey(command))
      last = result.catch(() => {})
      return result
    },
    async close() {
      await Promise.all([...work.keys()].map(endWork))
      await platform.close()
    },
  }
}
