import type { Answer, CallContext } from '@slipway/bus'
import { actorOf, type Identity } from '@slipway/contracts'
import type { Command } from '@slipway/service'
import type { Store } from '@slipway/store'
import { rememberCommand } from '@slipway/store'
import type { Database } from '../database.ts'
import { insertJob } from '../job/new-job.store.ts'
import { taskHeaders } from '../platform-task/task-headers.ts'

export type StartRun = {
  readonly store: Store<Database>
  readonly identity: Identity
  readonly context: CallContext
  readonly command: Command | undefined
  /** Null: all studies. */
  readonly accession: string | null
  readonly message: string
  readonly kick: () => void
}

/** Records a publish run and answers its task, at once: it never waits for the work. */
export async function startRun(options: StartRun): Promise<Answer<never>> {
  const { store, identity, context, command, accession, message, kick } = options
  const job = {
    kind: accession === null ? ('publish-all' as const) : ('publish-study' as const),
    subject: accession,
    input: { message },
    actor: actorOf(identity),
    traceparent: context.traceparent,
  }
  const made = await insertJob(store, job, async (tx, { id, body }) => {
    if (command) await rememberCommand(tx, { ...command, status: 200, headers: headersOf(id, context), body })
    tx.afterCommit(kick)
  })
  return { headers: headersOf(made.id, context), body: { raw: made.body } as never }
}

/** The answer is a representation of the task (RFC 9110, 8.7); pollers of Azure's kind look for `Operation-Location`. */
function headersOf(id: string, { baseUrl }: CallContext): Record<string, string> {
  const path = `/api/v1/tasks/${id}`
  return {
    ...taskHeaders(id, { revision: 1, ended: false, age: 0 }),
    'Content-Location': path,
    'Operation-Location': `${baseUrl}${path}`,
    'Slipway-Task': id,
  }
}
