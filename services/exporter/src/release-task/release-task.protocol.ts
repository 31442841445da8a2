import type { Answer, Bus } from '@slipway/bus'
import { failure, readInput } from '@slipway/contracts'
import type { AnyStore } from '@slipway/store'
import { filesOf, findTask, noteCommand, type ReleaseTask } from './release-task.store.ts'
import {
  answerToPublish,
  answerToStart,
  type ReleaseTaskCommand,
  type ReleaseTaskState,
  releaseTaskCommand,
  releaseTaskSubject,
} from './release-task.ts'

export type ReleaseTaskProtocolOptions = {
  readonly store: AnyStore
  readonly bus: Pick<Bus, 'serveRaw'>
  readonly version: string
  /** A task may be due. */
  readonly kick: () => void
}

/**
 * Takes part in releases by the protocol of task services. Commands are taken down in rows and answered at once; what
 * they ask for is done by the worker, and each may come any number of times and in any order.
 */
export async function serveReleaseTasks({ store, bus, version, kick }: ReleaseTaskProtocolOptions): Promise<void> {
  async function obey(body: Uint8Array): Promise<Answer<unknown>> {
    const command = readCommand(body)
    await noteCommand(store, command)
    kick()
    const task = await findTask(store.read, command.task_id)
    if (!task) throw failure('invalid', `There is no task ${command.task_id} here.`)
    return { body: await answerTo(command, task) }
  }

  async function answerTo({ action }: ReleaseTaskCommand, task: ReleaseTask) {
    const say = (state: ReleaseTaskState, more: object = {}) => ({
      task_id: task.task,
      release_id: task.release,
      state,
      progress: task.progress,
      ...more,
    })
    switch (action) {
      case 'start':
        return say(answerToStart(task.state))
      case 'publish':
        return say(answerToPublish(task.state))
      case 'initialize':
      case 'cancel':
        return say(task.state)
      case 'get_status':
        return say(task.state, {
          ...(task.error !== null && { message: task.error }),
          files: await filesOf(store.read, task.task),
        })
    }
  }

  const status = { name: 'exporter', message: 'Exports of the sources that are bound to the studies', version }
  await bus.serveRaw(`${releaseTaskSubject}.status`, 'exporter', async () => ({ body: status }))
  await bus.serveRaw(`${releaseTaskSubject}.tasks`, 'exporter', obey)
}

/** @throws `malformed`, `invalid`: statuses of 400, as the protocol wants for what is not known */
function readCommand(body: Uint8Array): ReleaseTaskCommand {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (error) {
    throw failure('malformed', 'The command is not JSON.', { cause: error })
  }
  const command = readInput(releaseTaskCommand, value)
  if (!command.success) throw failure('invalid', 'This is no command to a task service.', { details: command.details })
  return command.data
}
