import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomically } from '../atomic-file.ts'
import type { TaskRecord } from '../task-record.ts'
import type { Manifest } from './manifest.ts'

/** `manifest`: what was computed, waiting to be published. */
export type TaskEntry = { readonly record: TaskRecord; readonly manifest?: Manifest }

/** The book of a task service as files, one a task, so that a restart forgets nothing. */
export type TaskFiles = {
  all(): readonly TaskEntry[]
  find(taskId: string): TaskEntry | undefined
  save(entry: TaskEntry): Promise<void>
  /** For what may be forgotten: progress within a state. */
  note(entry: TaskEntry): void
}

export async function openTaskFiles(folder: string): Promise<TaskFiles> {
  await mkdir(folder, { recursive: true })
  const names = (await readdir(folder)).filter(name => name.endsWith('.json'))
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8')) as TaskEntry
  const entries = new Map((await Promise.all(names.map(read))).map(entry => [entry.record.task_id, entry]))
  const note = (entry: TaskEntry): void => void entries.set(entry.record.task_id, entry)
  return {
    all: () => [...entries.values()],
    find: taskId => entries.get(taskId),
    note,
    async save(entry) {
      await writeFileAtomically(join(folder, `${entry.record.task_id}.json`), JSON.stringify(entry))
      note(entry)
    },
  }
}
