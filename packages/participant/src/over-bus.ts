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
