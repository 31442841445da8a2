import { type Queryable, type Store, startWorker } from '@slipway/store'
import type { Logger } from 'pino'
import { judgePoll, type PollVerdict } from '../command/answer.ts'
import { sayingOf } from '../command/late-said.ts'
import { systemActor } from '../command/settle.ts'
import type { TaskServiceClient } from '../command/task-service-client.ts'
import type { Database } from '../database.ts'
import { endExchange } from '../exchange/exchange.store.ts'
import type { Exchanges } from '../exchange/exchanges.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { aimPoll, noteAnswer, noteFailure, type TaskToPoll, takeTasksToPoll } from './status-poll.store.ts'

export type StatusPollOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
  readonly client: TaskServiceClient
  readonly exchanges: Exchanges
  /** A command has waited for the end of a poll. */
  readonly onFree: () => void
  readonly everySeconds: number
  /** Failed polls in a row after which a task is given up. */
  readonly tries: number
  readonly log: Logger
}

const concurrency = 200
/** After a failed poll the next one comes sooner: the tries fit into about a minute. */
const retrySeconds = 15
const lookEveryMs = 1000
const statusRequest = 'get status of task'

/**
 * Asks the services of running and publishing tasks how they are (`get_status`). Some services never report by
 * themselves: for them this is the only way.
 */
export function startStatusPoll(options: StatusPollOptions) {
  const { store, changes, client, exchanges, onFree, everySeconds, tries, log } = options

  async function poll(due: TaskToPoll): Promise<void> {
    await exchanges.during(due, async signal => {
      await client.prepare()
      const aim = await aimPoll(store, due)
      if (!aim?.url) return end(due)
      const { url, studies, heard } = aim
      const { subject: task, release } = due
      const result = await client.send({ url, action: 'get_status', task, release, studies, signal })
      // Broken off, for a cancel or because this process ends.
      if (signal.aborted && result.kind === 'unreachable') return end(due)
      await settle(due, judgePoll(result), heard)
    })
  }

  async function settle(due: TaskToPoll, verdict: PollVerdict, heard: string): Promise<void> {
    const { subject: task, release } = due
    switch (verdict.kind) {
      case 'said': {
        const saying = sayingOf(task, verdict, heard)
        await tell(due, saying.command, async tx => {
          await noteAnswer(tx, task)
          await saying.keepFiles(tx)
        })
        return
      }
      case 'failing':
        await changes.submit(release, {
          commands: [{ type: 'lose-task', task, request: statusRequest, fault: verdict.fault }],
          actor: systemActor,
          guard: async tx => (await noteFailure(tx, due, Math.min(retrySeconds, everySeconds))) >= tries,
        })
        return
      case 'lost':
        await tell(due, async () => ({ type: 'lose-task', task, request: statusRequest, fault: verdict.fault }))
        return
      case 'silent':
        log.info({ task, release }, 'no answer to a status poll in time')
        await end(due)
    }
  }

  /** Ends the poll with what follows from it; nothing does if it is another process's by now. */
  async function tell(
    due: TaskToPoll,
    command: (tx: Queryable) => Promise<ReleaseCommand>,
    finish?: (tx: Queryable) => Promise<void>,
  ): Promise<void> {
    let ended: { readonly waited: boolean } | undefined
    await changes.submit(due.release, {
      commands: [],
      actor: systemActor,
      async guard(tx) {
        ended = await endExchange(tx, due)
        return ended !== undefined && [await command(tx)]
      },
      ...(finish && { finish }),
    })
    if (ended?.waited) onFree()
  }

  async function end(due: TaskToPoll): Promise<void> {
    if ((await endExchange(store, due))?.waited) onFree()
  }

  return startWorker<TaskToPoll>({
    name: 'status-poll',
    take: limit => takeTasksToPoll(store, limit, everySeconds),
    handle: poll,
    concurrency,
    pollMs: lookEveryMs,
    log,
  })
}
