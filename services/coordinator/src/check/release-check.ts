import { every, inBackground, type Store } from '@slipway/store'
import type { Logger } from 'pino'
import { systemActor } from '../command/settle.ts'
import type { Database } from '../database.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import {
  overdueReleaseIds,
  releasesInFlight,
  releasesWithOverdueTasks,
  removeOrphanedTasks,
} from './deadlines.store.ts'

export type ReleaseCheckOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
  readonly everySeconds: number
  /** Seconds after which a task to which nothing happened is given up, and its release canceled. */
  readonly taskDeadlineSeconds: number
  /** Seconds that a task may be silent, neither reporting nor answering polls; 0: no limit. */
  readonly taskSilenceSeconds: number
  /** Seconds after which a release in which nothing happened is canceled. */
  readonly releaseDeadlineSeconds: number
  readonly log: Logger
}

export type ReleaseCheck = {
  /** Checks now, without waiting for the end; answers how many releases are under way. */
  runSoon(): Promise<number>
  stop(): Promise<void>
}

/** Cancels what is over its deadline and draws conclusions that a crash or a change by hand left open. */
export function startReleaseCheck(options: ReleaseCheckOptions): ReleaseCheck {
  const { store, changes, log } = options

  async function submitAll(releases: readonly string[], command: ReleaseCommand): Promise<void> {
    await Promise.all(
      releases.map(release =>
        changes
          .submit(release, { commands: [command], actor: systemActor })
          .catch(error => log.error({ err: error, release }, 'could not check a release')),
      ),
    )
  }

  async function run(): Promise<void> {
    const timeout: ReleaseCommand = { type: 'cancel', reason: 'timeout' }
    await submitAll(
      await releasesWithOverdueTasks(store, options.taskDeadlineSeconds, options.taskSilenceSeconds),
      timeout,
    )
    await submitAll(await overdueReleaseIds(store, options.releaseDeadlineSeconds), timeout)
    await submitAll(await releasesInFlight(store), { type: 'settle' })
    await store.transaction(tx => removeOrphanedTasks(tx, null))
  }

  const schedule = every({
    store,
    name: 'release-check',
    everyMs: options.everySeconds * 1000,
    run,
    log,
  })
  return {
    async runSoon() {
      const { length } = await releasesInFlight(store)
      inBackground(run).catch(error => log.error({ err: error }, 'could not check releases'))
      return length
    },
    stop: () => schedule.stop(),
  }
}
