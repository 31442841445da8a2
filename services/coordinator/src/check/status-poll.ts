import { taskStates } from '@slipway/contracts'
import { type Store, startWorker } from '@slipway/store'
import type { Logger } from 'pino'
import { judgePoll } from '../command/answer.ts'
import { systemActor } from '../command/command-worker.ts'
import type { TaskServiceClient } from '../command/task-service-client.ts'
import type { Database } from '../database.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { keepReportedFiles } from '../reported-file/reported-file.store.ts'
import { noteAnswer, noteFailure, type TaskToPoll, takeTasksToPoll } from './status-poll.store.ts'

export type StatusPollOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
  readonly client: TaskServiceClient
  readonly everySeconds: number
  /** Failed polls in a row after which a task is given up. */
  readonly tries: number
  readonly log: Logger
}

const concurrency = 200
/** After a failed poll the next one comes sooner: the tries fit into about a minute. */
const retrySeconds = 15
const lookEveryMs = 1000

/**
 * Asks the services of running and publishing tasks how they are (`get_status`). Some services never report by
 * themselves: for them this is the only way.
 */
export function startStatusPoll(options: StatusPollOptions) {
  const { store, changes, client, everySeconds, tries, log } = options

  async function poll({ kf_id: task, release, url, studies }: TaskToPoll): Promise<void> {
    if (!url) return
    const verdict = judgePoll(await client.send({ url, action: 'get_status', task, release, studies }))
    switch (verdict.kind) {
      case 'said': {
        const state = taskStates.find(known => known === verdict.state)
        const { progress, files } = verdict
        await changes.submit(release, {
          commands: [{ type: 'poll', task, ...(state && { state }), ...(progress !== undefined && { progress }) }],
          actor: systemActor,
          async finish(tx) {
            await noteAnswer(tx, task)
            if (files) await keepReportedFiles(tx, task, files)
          },
        })
        return
      }
      case 'failing': {
        const failures = await noteFailure(store, task, Math.min(retrySeconds, everySeconds))
        if (failures < tries) return
        await tell(release, { type: 'lose-task', task, message: pollFailed(verdict.reason) })
        return
      }
      case 'lost':
        await tell(release, { type: 'lose-task', task, message: pollFailed(verdict.reason) })
        return
      case 'silent':
        log.info({ task, release }, 'no answer to a status poll in time')
    }
  }

  async function tell(release: string, command: ReleaseCommand): Promise<void> {
    await changes.submit(release, { commands: [command], actor: systemActor })
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

function pollFailed(reason: string): string {
  return `request to get status of task failed: ${reason}`
}
