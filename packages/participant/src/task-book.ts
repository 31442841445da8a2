import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { KnownTask } from './decide.ts'

/** What a task service keeps of a task. */
export type TaskRecord = KnownTask & { readonly task_id: string; readonly studies: readonly string[] }

/** Where a task service keeps what it must know of its tasks. */
export type TaskBook<Task extends TaskRecord> = {
  all(): readonly Task[]
  find(task: string): Task | undefined
  save(record: Task): Promise<void>
  /** For what may be forgotten: progress within a state. */
  note(record: Task): void
}

/** A book that is lost with its process: a release whose task service forgets its task fails. */
export function memoryTasks<Task extends TaskRecord>(): TaskBook<Task> {
  const known = new Map<string, Task>()
  const note = (record: Task): void => void known.set(record.task_id, record)
  return { all: () => [...known.values()], find: task => known.get(task), note, save: async record => note(record) }
}

/** A book of one file a task, for one process, so that a restart forgets nothing. Makes the folder. */
export async function taskFiles<Task extends TaskRecord>(folder: string): Promise<TaskBook<Task>> {
  await mkdir(folder, { recursive: true })
  const book = memoryTasks<Task>()
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue
    book.note((JSON.parse(await readFile(join(folder, name), 'utf8')) as { readonly record: Task }).record)
  }
  return {
    ...book,
    async save(record) {
      await writeFileAtomically(join(folder, `${record.task_id}.json`), JSON.stringify({ record }))
      book.note(record)
    },
  }
}

/**
 * Writes a file so that it is there completely or not at all, also after a crash: under another name first, on the disk,
 * then renamed.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`
  const file = await open(partial, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(partial, path)
}
