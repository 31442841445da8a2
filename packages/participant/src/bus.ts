import { createHash } from 'node:crypto'
import {
  type InputOf,
  isFailure,
  type Operation,
  type OutputOf,
  type ReportedFile,
  releaseOperations,
  taskOperations,
} from '@slipway/contracts'
import type { Platform, Report } from './platform.ts'
import { answerTask, statusOf, type TaskService } from './protocol.ts'

/** What is needed of a connection to NATS: `Bus` of `@slipway/bus` has it. */
export type BusServer = {
  /** Answers requests on a subject, one process of the queue group each. Errors of the catalogue become their status. */
  serveRaw(
    subject: string,
    queue: string,
    handle: (body: Uint8Array) => Promise<{ readonly body: unknown }>,
  ): Promise<void>
}

export type BusTaskOptions = {
  /** The service is registered as `nats://<subject>`. */
  readonly subject: string
  /** Group of the processes that share the work. */
  readonly queue: string
}

/** Serves `<subject>.status` and `<subject>.tasks`. Resolves when requests are taken. */
export async function serveOverBus(
  bus: BusServer,
  { subject, queue }: BusTaskOptions,
  service: TaskService,
): Promise<void> {
  await bus.serveRaw(`${subject}.status`, queue, async () => ({ body: statusOf(service) }))
  await bus.serveRaw(`${subject}.tasks`, queue, async bytes => ({
    body: await answerTask(service, new TextDecoder().decode(bytes)),
  }))
}

type CallOptions = { readonly identity?: string; readonly commandId?: string; readonly timeoutMs?: number }

/** What is needed of a connection to NATS: `Bus` of `@slipway/bus` has it. */
export type BusClient = {
  call<Op extends Operation>(operation: Op, input: InputOf<Op>, options?: CallOptions): Promise<OutputOf<Op>>
  request<Op extends Operation>(operation: Op, input: InputOf<Op>, options?: CallOptions): Promise<unknown>
}

/** Answers after which a report is not sent again. */
const final = ['invalid', 'refused', 'not_found', 'conflict', 'key_reused'] as const
const timeoutMs = 10_000

const digestOf = (files: readonly ReportedFile[]) =>
  createHash('sha256').update(JSON.stringify(files)).digest('base64url').slice(0, 16)

/** Files that were made again, after a restore, are another report. */
const commandIdOf = (task: string, { state, progress, files }: Report) =>
  [task, state ?? 'progress', ...(progress === undefined ? [] : [progress]), ...(files ? [digestOf(files)] : [])].join(
    '-',
  )

/**
 * The platform over the bus, for its own services. `token` gives an identity token of one that may report. The same
 * report has the same command id, so that one that was sent before a crash is answered, and not made twice.
 */
export function platformOverBus(bus: BusClient, token: () => Promise<string>): Platform {
  return {
    async report(task, report) {
      const options = { identity: await token(), commandId: commandIdOf(task, report), timeoutMs }
      const body = { ...report, ...(report.files && { files: [...report.files] }) }
      try {
        await bus.request(taskOperations.update, { kf_id: task, body }, options)
        return undefined
      } catch (error) {
        if (isFailure(error, ...final)) return error.message
        throw error
      }
    },
    async taskState(task) {
      try {
        return (await bus.call(taskOperations.get, { kf_id: task }, { timeoutMs })).state
      } catch (error) {
        if (isFailure(error, 'not_found')) return undefined
        throw error
      }
    },
    async release(id) {
      return bus.call(releaseOperations.get, { kf_id: id }, { identity: await token(), timeoutMs })
    },
  }
}
