import { failure, isFailure, type ReportedFile } from '@slipway/contracts'
import { decide } from './decide.ts'
import { type Platform, sendReports } from './platform.ts'
import type { TaskAnswer, TaskCommand, TaskService } from './protocol.ts'
import { memoryTasks, type TaskBook, type TaskRecord } from './task-book.ts'

/** What a task made: files for the release, and whatever `publish` needs (kept as JSON). */
export type Outcome<Result> = { readonly files?: readonly ReportedFile[]; readonly result?: Result }

export type WorkRecord<Result> = TaskRecord & Outcome<Result>

/** A task that is worked on. */
export type Work<Result> = {
  readonly task: WorkRecord<Result>
  /** Aborted when the task is canceled or the service is closed: stop then. */
  readonly signal: AbortSignal
  /** Percent; shown to whoever asks, and told to the platform every five. */
  progress(percent: number): void
}

export type TaskHandlers<Result> = {
  /** Whether the service can take part; throw to refuse, with a message that says why. Default: it can. */
  check?(command: TaskCommand): Promise<void>
  /** Everything that can go wrong; an error fails the release. Begun anew when the service was stopped meanwhile. */
  stage(work: Work<Result>): Promise<Outcome<Result> | undefined>
  /** What cannot go wrong: makes public what is staged. Also begun anew. Default: nothing. */
  publish?(work: Work<Result>): Promise<void>
  /** Removes what was made; the work on it has stopped. May come again. Default: nothing. */
  cancel?(task: WorkRecord<Result>): Promise<void>
}

export type TaskServiceOptions<Result> = Pick<TaskService, 'name' | 'message' | 'version'> &
  TaskHandlers<Result> & {
    /** Default: in memory. */
    readonly tasks?: TaskBook<WorkRecord<Result>>
    /** Where to report to. Default: nowhere; the platform has to ask. */
    readonly platform?: Pick<Platform, 'report'> | undefined
    /** Hears of tasks that failed, and of reports that were not taken. */
    readonly log: (line: string) => void
  }

type Running = { readonly done: Promise<void>; cancel(): void }

/** Percent between two reports on progress. */
const reportStep = 5

/**
 * A task service of one process, made of handlers: commands are taken down in its book and answered at once, the work goes
 * on in the background, and is taken up again where the book says that it was. `close` stops it.
 */
export function taskService<Result = never>(
  options: TaskServiceOptions<Result>,
): TaskService & { close(): Promise<void> } {
  const { name, message, version, log, tasks = memoryTasks<WorkRecord<Result>>() } = options
  const reports = options.platform && sendReports(options.platform, log)
  const running = new Map<string, Running>()
  /** The last command of each task that is under way. */
  const last = new Map<string, Promise<unknown>>()

  async function carryOut(task: WorkRecord<Result>, signal: AbortSignal): Promise<void> {
    let record = task
    const progress = (percent: number): void => {
      if (signal.aborted || percent >= 100 || percent <= record.progress) return
      const isNews = Math.floor(percent / reportStep) > Math.floor(record.progress / reportStep)
      record = { ...record, progress: percent }
      tasks.note(record)
      if (isNews) reports?.send(task.task_id, { progress: percent })
    }
    /** First into the book, then to the platform: it must not hear of a state that a crash would take back. */
    const settle = async (state: 'staged' | 'published' | 'failed', outcome: Outcome<Result> = {}): Promise<void> => {
      signal.throwIfAborted()
      record = { ...record, ...outcome, state, progress: state === 'failed' ? record.progress : 100 }
      await tasks.save(record)
      const files = state === 'staged' && record.files ? { files: record.files } : {}
      reports?.send(task.task_id, { state, progress: record.progress, ...files })
    }
    try {
      const work = { task, signal, progress }
      if (task.state === 'running') return await settle('staged', await options.stage(work))
      await options.publish?.(work)
      await settle('published')
    } catch (error) {
      if (signal.aborted) return
      log(`task ${task.task_id} failed: ${error}`)
      await settle('failed')
    }
  }

  function begin(record: WorkRecord<Result>): void {
    const { task_id, state } = record
    if (state !== 'running' && state !== 'publishing') return
    const controller = new AbortController()
    const done = carryOut(record, controller.signal)
      .catch(error => controller.signal.aborted || log(`task ${task_id}: ${error}`))
      .then(() => void (running.get(task_id) === work && running.delete(task_id)))
    const work = { done, cancel: () => controller.abort() }
    running.set(task_id, work)
  }

  async function end(task: string): Promise<void> {
    const work = running.get(task)
    work?.cancel()
    await work?.done
  }

  async function take(command: TaskCommand): Promise<TaskAnswer> {
    const { action, task_id, release_id, studies } = command
    if (action === 'cancel') {
      decide(tasks.find(task_id), command)
      await end(task_id)
    }
    const known = tasks.find(task_id)
    const { state, progress, answer, isNew } = decide(known, command)
    if (action === 'get_status') return { ...answer, ...(known?.files && { files: known.files }) }
    const record = { task_id, release_id, studies, ...known, state, progress }
    if (action === 'initialize' && isNew) await options.check?.(command).catch(refuse)
    if (isNew) await tasks.save(record)
    if (action === 'cancel') await options.cancel?.(record)
    if (isNew) begin(record)
    return answer
  }

  for (const record of tasks.all()) begin(record)
  return {
    name,
    message,
    version,
    // One command of a task after the other, so that a repetition finds the first one done.
    obey(command) {
      const result = (last.get(command.task_id) ?? Promise.resolve()).then(() => take(command))
      const settled = result.then(
        () => {},
        // What the catalogue does not know is answered without its text.
        error => isFailure(error) || log(`task ${command.task_id}: ${error}`),
      )
      last.set(command.task_id, settled)
      void settled.then(() => last.get(command.task_id) === settled && last.delete(command.task_id))
      return result
    },
    async close() {
      await Promise.all([...running.keys()].map(end))
      await reports?.close()
    },
  }
}

function refuse(error: unknown): never {
  if (isFailure(error)) throw error
  throw failure('refused', error instanceof Error ? error.message : String(error), { cause: error })
}
