import { idPrefixes, newId } from '@slipway/contracts'
import { type Store, startWorker } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import type { Exchanges } from '../exchange/exchanges.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import type { Task } from '../release/release.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { createAskTaskService } from './ask-task-service.ts'
import { backOffSeconds } from './back-off.ts'
import { type DueCommand, subjectOf, takeCommands } from './command.store.ts'
import { createSettle } from './settle.ts'
import type { TaskServiceClient } from './task-service-client.ts'

export type CommandWorkerOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
  readonly exchanges: Exchanges
  readonly client: TaskServiceClient
  /** Ids of the task services that take part in a new release. */
  readonly enabledServices: () => Promise<readonly string[]>
  /** Requests that may be lost, before the command counts as refused. */
  readonly tries: number
  /** Seconds that a cancel is repeated for which nobody has answered; its release does not wait so long. */
  readonly repeatCancelSeconds: number
  readonly log: Logger
}

/** Commands that one process has under way at the same time. */
const concurrency = 500
const pollMs = 500
/** Processes that may die while they carry out one command. More are no accident: the command is what kills them. */
const mostDeaths = 20
/** Seconds to the next try of a command that failed by a fault of the platform. */
const ownFaultSeconds = 2

/**
 * Carries out commands: any replica takes what is due, all at the same time but one of a task, and keeps its lease alive
 * while it waits for the task service. What dies with a replica is taken over when the lease has run out; a process that
 * was only stopped for a while finds that its lease is worth nothing any more.
 */
export function startCommandWorker(options: CommandWorkerOptions) {
  const { store, changes, exchanges, log } = options

  const settle = createSettle({ store, changes, onFree: () => worker.kick(), log })
  const ask = createAskTaskService({ ...options, settle })

  async function carryOut(command: DueCommand): Promise<void> {
    const { id: command_id, lease } = command
    await exchanges.during({ subject: subjectOf(command), lease, command: command_id }, async signal => {
      try {
        if (command.deaths > mostDeaths) await giveUp(command)
        else if (command.action === 'enlist') await enlist(command)
        else if (command.action === 'settle') await settle.conclude(command, [{ type: 'settle' }])
        else await ask(command, command.action, signal)
      } catch (error) {
        log.error({ err: error, command: command_id, action: command.action }, 'command failed, will be tried again')
        await settle.postpone(command, {
          error: String(error),
          seconds: command.action === 'enlist' ? backOffSeconds(command.attempt + 1) : ownFaultSeconds,
          // No request is made to enlist: its tries are counted for the pauses between them.
          counts: command.action === 'enlist',
          undelivered: false,
        })
      }
    })
  }

  async function enlist(command: DueCommand): Promise<void> {
    const services = await options.enabledServices()
    const tasks = services.map(
      (service): Task => ({ id: newId(idPrefixes.task), service, state: 'waiting', progress: 0 }),
    )
    await settle.conclude(command, [{ type: 'enlist', tasks }])
  }

  /** A command that ends every process that carries it out fails its release. */
  async function giveUp(command: DueCommand): Promise<void> {
    const { action, task, deaths } = command
    const reason = `${deaths} processes of the platform ended while they carried it out`
    log.error({ command: command.id, action, deaths }, 'a command is given up')
    if (action === 'enlist' || action === 'settle' || !task) {
      await settle.conclude(command, [{ type: 'cancel', reason: 'fault' }], { error: reason })
      return
    }
    const answer: ReleaseCommand = { type: 'answer', task, action, accepted: false, fault: { reason } }
    await settle.conclude(command, [answer], { error: reason })
  }

  const worker = startWorker<DueCommand>({
    name: 'commands',
    take: limit => takeCommands(store, limit),
    handle: carryOut,
    concurrency,
    pollMs,
    log,
  })

  return { kick: () => worker.kick(), stop: () => worker.stop() }
}
