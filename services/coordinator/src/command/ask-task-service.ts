import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import type { BreakOff } from '../exchange/exchanges.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import { isLost, isUndelivered, judge, judgeStanding, type Said, type TaskServiceAction } from './answer.ts'
import { backOffSeconds } from './back-off.ts'
import { type Aim, type DueCommand, overtakeCommand, takeAim } from './command.store.ts'
import { type Fault, faultOf, faultText } from './fault.ts'
import { sayingOf } from './late-said.ts'
import type { Settle } from './settle.ts'
import type { TaskServiceClient } from './task-service-client.ts'
import type { TaskServiceResult } from './task-service-request.ts'

export type AskTaskServiceOptions = {
  readonly store: Store<Database>
  readonly client: TaskServiceClient
  readonly tries: number
  readonly repeatCancelSeconds: number
  readonly settle: Settle
  readonly log: Logger
}

/** Longest pause between repetitions of a lost cancel. */
const repeatSeconds = 600

/** Which state makes a command worth carrying out; in any other one it has been overtaken. */
const fitting: Readonly<Record<TaskServiceAction, { readonly release: string; readonly task: readonly string[] }>> = {
  initialize: { release: 'initializing', task: ['waiting'] },
  start: { release: 'running', task: ['initialized'] },
  publish: { release: 'publishing', task: ['staged'] },
  cancel: { release: 'canceling', task: ['waiting', 'initialized', 'running', 'staged', 'publishing'] },
}

type Reached = Aim & { readonly url: string; readonly task: string }

/**
 * Makes the function that carries a command out which is a request to a task service. The release is looked at right
 * before each request. A request whose fate is not known is not repeated blindly, because task services refuse what they
 * have done already: `get_status` comes first, and what it says is believed.
 */
export function createAskTaskService(options: AskTaskServiceOptions) {
  const { store, client, tries, repeatCancelSeconds, settle, log } = options

  return async function ask(command: DueCommand, action: TaskServiceAction, signal: AbortSignal): Promise<void> {
    await client.prepare()
    const aim = await takeAim(store, command)
    if (!aim) return
    const reached = await requireReach(command, action, aim)
    if (!reached) return
    if (command.overtaken) {
      await repeat(command, reached, signal)
      return
    }
    if (aim.unsettled && action !== 'cancel' && !(await mayRepeat(command, action, reached, signal))) return
    await request(command, action, reached, signal)
  }

  /** Undefined: there is nobody to ask, or nothing to ask for any more; the command is settled. */
  async function requireReach(command: DueCommand, action: TaskServiceAction, aim: Aim): Promise<Reached | undefined> {
    const { task } = command
    if (command.overtaken) {
      const isHopeless = command.age > repeatCancelSeconds
      if (isHopeless) log.warn({ task, release: command.release }, 'a cancel was never answered; it is given up')
      if (task && aim.url && !isHopeless) return { ...aim, url: aim.url, task }
      await settle.conclude(command, [])
      return undefined
    }
    const fits = fitting[action]
    if (!task || aim.release_state !== fits.release || !fits.task.includes(aim.task_state)) {
      await settle.conclude(command, [])
      return undefined
    }
    if (aim.url) return { ...aim, url: aim.url, task }
    const fault: Fault = { reason: 'the task service was deleted' }
    await settle.conclude(command, [{ type: 'answer', task, action, accepted: false, fault }])
    return undefined
  }

  async function mayRepeat(
    command: DueCommand,
    action: Exclude<TaskServiceAction, 'cancel'>,
    { url, task, studies, heard }: Reached,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { release } = command
    const result = await client.send({ url, action: 'get_status', task, release, studies, signal })
    if (await brokenOff(command, action, result, signal)) return false
    const standing = judgeStanding(action, result)
    if (standing.kind === 'unknown') await retry(command, action, task, standing.fault, false)
    if (standing.kind === 'done') await believe(command, action, task, standing.said, heard)
    // Asking took its time: the release may have moved on.
    if (standing.kind !== 'open') return false
    const again = await takeAim(store, command)
    return again !== undefined && (await requireReach(command, action, again)) !== undefined
  }

  /** The answer was lost, but the service says how it is. */
  async function believe(
    command: DueCommand,
    action: TaskServiceAction,
    task: string,
    said: Said,
    heard: string,
  ): Promise<void> {
    const hasEnded = said.state === 'failed' || said.state === 'canceled'
    const commands: ReleaseCommand[] = hasEnded ? [] : [{ type: 'answer', task, action, accepted: true }]
    const saying = sayingOf(task, said, heard)
    await settle.conclude(command, commands, { more: saying.command, finish: saying.keepFiles })
  }

  async function request(
    command: DueCommand,
    action: TaskServiceAction,
    { url, task, studies, heard }: Reached,
    signal: AbortSignal,
  ): Promise<void> {
    const { id, release, attempt } = command
    const result = await client.send({ url, action, task, release, studies, idempotencyKey: id, signal })
    if (await brokenOff(command, action, result, signal)) return
    if (result.kind === 'said') return believe(command, action, task, result.said, heard)
    const verdict = judge(action, result)
    if (verdict.kind === 'retry' && attempt + 1 < tries) {
      return retry(command, action, task, verdict.fault, isUndelivered(result))
    }
    const fault = verdict.kind === 'accepted' ? undefined : verdict.fault
    const answer: ReleaseCommand = {
      type: 'answer',
      task,
      action,
      accepted: verdict.kind === 'accepted',
      ...(fault && { fault }),
    }
    const error = faultText(fault ?? faultOf(result))
    if (action === 'cancel' && isLost(result)) {
      const seconds = backOffSeconds(attempt + 1, repeatSeconds)
      await settle.conclude(command, [answer], { how: tx => overtakeCommand(tx, command, error, seconds) })
    } else await settle.conclude(command, [answer], fault && { error })
  }

  /** Tries once more after a pause; a request that was lost too often counts as refused. */
  async function retry(
    command: DueCommand,
    action: TaskServiceAction,
    task: string,
    fault: Fault,
    undelivered: boolean,
  ): Promise<void> {
    const attempt = command.attempt + 1
    const error = faultText(fault)
    if (attempt < tries) {
      await settle.postpone(command, { error, seconds: backOffSeconds(attempt), counts: true, undelivered })
    } else await settle.conclude(command, [{ type: 'answer', task, action, accepted: false, fault }], { error })
  }

  /**
   * A cancel that was lost: what the task service made would stay for good. Any answer will do, and nothing follows from
   * it.
   */
  async function repeat(command: DueCommand, { url, task, studies }: Reached, signal: AbortSignal): Promise<void> {
    const { id, release, attempt } = command
    const result = await client.send({ url, action: 'cancel', task, release, studies, idempotencyKey: id, signal })
    if (await brokenOff(command, 'cancel', result, signal)) return
    if (result.kind === 'said' || !isLost(result)) return settle.conclude(command, [])
    const seconds = backOffSeconds(attempt + 1, repeatSeconds)
    await settle.postpone(command, { error: faultText(faultOf(result)), seconds, counts: true, undelivered: false })
  }

  /** True if the request was broken off, and the command is settled as that demands. */
  async function brokenOff(
    command: DueCommand,
    action: TaskServiceAction,
    result: TaskServiceResult,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!signal.aborted || result.kind !== 'unreachable') return false
    const why = signal.reason as BreakOff
    if (why === 'leaving') {
      const error = 'the coordinator was stopped'
      await settle.postpone(command, { error, seconds: 0, counts: false, undelivered: false })
    }
    if (why === 'in the way') {
      log.info({ task: command.task, action }, 'a request was broken off, because a cancel waited for its answer')
      await settle.conclude(command, [], { error: 'broken off for a cancel' })
    }
    return true
  }
}
