import { idPrefixes, newId } from '@slipway/contracts'
import type { OutboundResult } from '@slipway/service'
import { type Store, startWorker } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import type { Task } from '../release/release.ts'
import type { ReleaseChanges, ReleaseRequest } from '../release/release-changes.ts'
import { isLost, judge, type TaskServiceAction } from './answer.ts'
import {
  type DueCommand,
  finishCommand,
  keepCommands,
  overtakeCommand,
  postponeCommand,
  takeCommands,
} from './command.store.ts'
import type { TaskServiceClient, TaskServiceRequest } from './task-service-client.ts'

export type CommandWorkerOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
  readonly client: TaskServiceClient
  /** Ids of the task services that take part in a new release. */
  readonly enabledServices: () => Promise<readonly string[]>
  /** Tries of a request that cannot be delivered, before it counts as refused. */
  readonly tries: number
  /** Seconds that a cancel is repeated for which nobody has answered; its release does not wait so long. */
  readonly repeatCancelSeconds: number
  readonly log: Logger
}

/** Seconds a command belongs to a replica; it is renewed while the replica lives. */
const leaseSeconds = 6
const renewEveryMs = 2000
/** Requests that one process has under way at the same time. */
const concurrency = 500
const pollMs = 500
const stopPatienceMs = 4000
/** Longest pause between repetitions of a lost cancel. */
const repeatSeconds = 600

/** Which state makes a command worth carrying out; in any other one it has been overtaken. */
const fitting: Readonly<Record<TaskServiceAction, { readonly release: string; readonly task: readonly string[] }>> = {
  initialize: { release: 'initializing', task: ['waiting'] },
  start: { release: 'running', task: ['initialized'] },
  publish: { release: 'publishing', task: ['staged'] },
  cancel: { release: 'canceling', task: ['waiting', 'initialized', 'running', 'staged', 'publishing'] },
}

/**
 * Carries out commands: any replica takes what is due, all at the same time, and keeps its lease alive while it waits
 * for the task service. What dies with a replica is taken over when the lease has run out.
 */
export function startCommandWorker(options: CommandWorkerOptions) {
  const { store, changes, client, log } = options
  const running = new Set<string>()
  const leaving = new AbortController()

  async function carryOut(command: DueCommand): Promise<void> {
    running.add(command.id)
    try {
      if (command.action === 'enlist') await enlist(command)
      else if (command.overtaken) await repeat(command)
      else if (command.action === 'settle') await conclude(command, [{ type: 'settle' }])
      else await ask(command, command.action)
    } catch (error) {
      log.error({ err: error, command: command.id, action: command.action }, 'command failed, will be tried again')
      await postponeCommand(store, command.id, String(error), backOffSeconds(command.attempt))
    } finally {
      running.delete(command.id)
    }
  }

  async function enlist(command: DueCommand): Promise<void> {
    const services = await options.enabledServices()
    const tasks = services.map(
      (service): Task => ({ id: newId(idPrefixes.task), service, state: 'waiting', progress: 0 }),
    )
    await conclude(command, [{ type: 'enlist', tasks }])
  }

  async function ask(command: DueCommand, action: TaskServiceAction): Promise<void> {
    const { id, task, url } = command
    const fits = fitting[action]
    if (!task || command.release_state !== fits.release || !fits.task.includes(command.task_state ?? '')) {
      await conclude(command, [])
      return
    }
    if (!url) {
      await conclude(command, [
        { type: 'answer', task, action, accepted: false, fault: 'the task service was deleted' },
      ])
      return
    }
    const result = await send(command, { url, action, task })
    if (!result) return
    const verdict = judge(action, result)
    if (verdict.kind === 'retry' && command.attempt < options.tries) {
      await postponeCommand(store, id, verdict.reason, backOffSeconds(command.attempt))
      return
    }
    const fault = verdict.kind === 'retry' ? verdict.reason : verdict.kind === 'refused' ? verdict.fault : undefined
    const answer: ReleaseCommand = {
      type: 'answer',
      task,
      action,
      accepted: verdict.kind === 'accepted',
      ...(fault && { fault }),
    }
    if (action === 'cancel' && isLost(result)) {
      const seconds = backOffSeconds(command.attempt, repeatSeconds)
      await submit(command, [answer], tx => overtakeCommand(tx, id, fault ?? reasonOf(result), seconds))
    } else await conclude(command, [answer], fault)
  }

  /**
   * A cancel that was lost: what the task service made would stay for good. Any answer will do, and nothing follows from
   * it.
   */
  async function repeat(command: DueCommand): Promise<void> {
    const { id, task, url, attempt, release } = command
    const isHopeless = command.age > options.repeatCancelSeconds
    if (!task || !url || isHopeless) {
      if (isHopeless) log.warn({ task, release }, 'a cancel was never answered; it is given up')
      await finishCommand(store, id)
      return
    }
    const result = await send(command, { url, action: 'cancel', task })
    if (!result) return
    if (isLost(result)) await postponeCommand(store, id, reasonOf(result), backOffSeconds(attempt, repeatSeconds))
    else await finishCommand(store, id)
  }

  /** Undefined: this process is leaving, and another one goes on with the command. */
  async function send(
    { id, release, studies }: DueCommand,
    request: Pick<TaskServiceRequest, 'url' | 'action' | 'task'>,
  ): Promise<OutboundResult | undefined> {
    const result = await client.send({ ...request, release, studies, idempotencyKey: id, signal: leaving.signal })
    if (!leaving.signal.aborted || result.kind !== 'unreachable') return result
    await postponeCommand(store, id, 'the coordinator was stopped', 0)
    return undefined
  }

  /** Finishes the command and writes what follows from it, in one transaction; once, whoever else tried. */
  async function conclude(command: DueCommand, commands: readonly ReleaseCommand[], error?: string): Promise<void> {
    await submit(command, commands, tx => finishCommand(tx, command.id, error))
  }

  async function submit(
    { release }: DueCommand,
    commands: readonly ReleaseCommand[],
    guard: ReleaseRequest['guard'],
  ): Promise<void> {
    await changes.submit(release, { commands, actor: systemActor, ...(guard && { guard }) })
  }

  const worker = startWorker<DueCommand>({
    name: 'commands',
    take: limit => takeCommands(store, limit, leaseSeconds),
    handle: carryOut,
    concurrency,
    pollMs,
    log,
  })
  const renewal = setInterval(() => {
    if (running.size === 0) return
    keepCommands(store, [...running], leaseSeconds).catch(error => log.warn({ err: error }, 'could not renew leases'))
  }, renewEveryMs)

  return {
    kick: () => worker.kick(),
    /** Requests that take longer than a few seconds are left to another replica. */
    async stop() {
      const patience = setTimeout(() => leaving.abort(), stopPatienceMs)
      await worker.stop()
      clearTimeout(patience)
      clearInterval(renewal)
    },
  }
}

/** Author of what the platform does by itself. */
export const systemActor = 'system'

/** 0.25 s, 1 s, 4 s, … up to 30 s or what is given, give or take a quarter. */
function backOffSeconds(attempt: number, most = 30): number {
  const base = Math.min(most, 0.25 * 4 ** (attempt - 1))
  return base * (0.75 + Math.random() / 2)
}

function reasonOf(result: OutboundResult): string {
  return result.kind === 'answer' ? `answer with status ${result.status}` : result.message
}
