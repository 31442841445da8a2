import { failure, idPattern, invalid, type ReportedFile, readInput, taskCommandSchema } from '@slipway/contracts'
import { z } from 'zod'

/** Ids are checked, because they become names of files and versions. The ids of studies are whatever the platform has. */
const commandSchema = taskCommandSchema.extend({
  task_id: z.string().regex(idPattern),
  release_id: z.string().regex(idPattern),
  // Some platforms leave them out of `get_status`.
  studies: z.array(z.string().max(100)).max(10_000).default([]),
})

/** What the platform asks for. */
export type TaskCommand = z.output<typeof commandSchema>
export type TaskAction = TaskCommand['action']

/** How a task is in a task service's own book. */
export type TaskState = 'initialized' | 'running' | 'staged' | 'publishing' | 'published' | 'failed' | 'canceled'

export type TaskAnswer = {
  readonly state: TaskState
  /** A percentage: a number, or text like `"50%"`. */
  readonly progress: number | string
  /** For people. */
  readonly message?: string
  /** What was made for the release; in answers to `get_status`. */
  readonly files?: readonly ReportedFile[]
}

/** A task service, whatever it is called over: `serveOverBus`, `listenHttp` and `answerHttp` do that. */
export type TaskService = {
  readonly name: string
  readonly message: string
  readonly version: string
  /**
   * Answers a command; the same one may come any number of times, also at once.
   * @throws `refused`, or another error of the catalogue, whose status and message are the answer
   */
  obey(command: TaskCommand): Promise<TaskAnswer>
}

/** What is answered for a task that is not known here: 400, as the protocol wants. */
export const unknownTask = (task: string) => failure('invalid', `There is no task ${task} here.`)

/** @throws `malformed`, `invalid`: 400 both, as the protocol wants for what is not known */
export function readCommand(text: string): TaskCommand {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw failure('malformed', 'The command is not JSON.', { cause: error })
  }
  const command = readInput(commandSchema, value)
  if (!command.success) throw invalid(command.details)
  return command.data
}

/** Answers the body of `POST {url}/tasks` with the body of status 200. @throws what the status and message come from */
export async function answerTask(service: Pick<TaskService, 'obey'>, text: string) {
  const command = readCommand(text)
  const { task_id, release_id } = command
  return { task_id, release_id, ...(await service.obey(command)) }
}

/** The answer to `GET {url}/status`. */
export const statusOf = ({ name, message, version }: TaskService) => ({ name, message, version })
