import type { Bus } from '@slipway/bus'
import { type ReportedFile, reportedFileOperations } from '@slipway/contracts'
import { platformOverBus } from '@slipway/participant'
import type { ServiceIdentity, Worker } from '@slipway/service'
import { jitteredBackoff, type NextRun, type Store, startTimers, type TimersOptions } from '@slipway/store'
import { announceVersions, publishVersions } from './change-versions.ts'
import { makeVersions } from './make-versions.ts'
import {
  findReleaseTask,
  lockTasksOfRelease,
  moveReleaseTask,
  noteFault,
  type ReleaseTask,
  taskIdsOfRelease,
} from './release-task.store.ts'
import { releaseTaskTimer, withdraw } from './release-task.ts'

export type ReleaseTaskWorkOptions = {
  readonly store: Store
  readonly bus: Bus
  readonly identity: ServiceIdentity
  readonly log: TimersOptions['log']
}

/** Events wake whoever waits for other tasks; this is for those that did not come. */
const lookAgainMs = 5_000
const ready: ReadonlySet<string> = new Set(['staged', 'publishing', 'published'])
/** Where the exporter's part in a release is reached, which alone may name files that the platform keeps. */
const exporterUrl = 'nats://slipway-tasks.exporter'

/** Carries tasks on: each by one replica at a time, and after a crash from where its rows stand. */
export function startReleaseTaskWork({ store, bus, identity, log }: ReleaseTaskWorkOptions): Worker & { kick(): void } {
  const platform = platformOverBus(bus, identity.token)
  const filesOf = async (task: string) =>
    bus.call(reportedFileOperations.list, { task }, { identity: await identity.token(), timeoutMs: 10_000 })

  /**
   * Waits until all others are ready, then makes the versions. Parts of the catalog itself do not count as others: two of
   * them would wait for each other.
   */
  async function stage(row: ReleaseTask): Promise<NextRun | undefined> {
    const release = await platform.release(row.release)
    if (release.state === 'canceled' || release.state === 'failed') {
      await change(row, 'running', tx => withdraw(tx, row))
      return undefined
    }
    const own = new Set(await taskIdsOfRelease(store.query, row.release))
    const others = release.tasks.filter(({ kf_id }) => !own.has(kf_id))
    if (!others.every(({ state }) => ready.has(state))) return { againInMs: lookAgainMs }

    const files: ReportedFile[] = []
    for (const { kf_id } of others) {
      const reported = await filesOf(kf_id)
      const foreign = reported.files.find(
        ({ url }) => /^slipway:/i.test(url) && !isOurs(url, reported.task_service_url),
      )
      if (foreign) {
        const error = `${kf_id} may not name the address of the file ${foreign.name}`
        log.warn({ task: row.task, release: row.release }, error)
        await change(row, 'running', tx => moveReleaseTask(tx, row, 'failed', error))
        return undefined
      }
      files.push(...reported.files)
    }
    await change(row, 'running', async tx => {
      await makeVersions(tx, row, { ...release, files })
      if (release.state !== 'published') return moveReleaseTask(tx, row, 'staged')
      // Published without this part, which a database that was restored has forgotten.
      await publishVersions(tx, row)
      await moveReleaseTask(tx, row, 'published')
      await announceVersions(tx, { id: release.kf_id, name: release.name, version: release.version })
    })
    return undefined
  }

  /** What cannot be done now is tried until the coordinator's deadline; those who ask hear why. */
  async function stageOrSayWhy(row: ReleaseTask): Promise<NextRun | undefined> {
    try {
      const again = await stage(row)
      if (again && row.error !== null) await noteFault(store, row, null)
      return again
    } catch (error) {
      await noteFault(store, row, error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  const publish = (row: ReleaseTask) =>
    change(row, 'publishing', async tx => {
      await publishVersions(tx, row)
      await moveReleaseTask(tx, row, 'published')
    })

  /** Nothing happens if the task has moved on meanwhile: it was canceled, or another replica was faster. */
  async function change(
    { task, release }: ReleaseTask,
    from: ReleaseTask['state'],
    make: (tx: Parameters<Parameters<Store['transaction']>[0]>[0]) => Promise<void>,
  ): Promise<void> {
    await store.transaction(async tx => {
      // Another part of the catalog in the same release waits until this one is done.
      const row = (await lockTasksOfRelease(tx, release)).find(one => one.task === task)
      if (row?.state === from) await make(tx)
    })
  }

  async function report(task: string): Promise<undefined> {
    const row = await findReleaseTask(store.query, task)
    if (row?.state !== 'staged' && row?.state !== 'published' && row?.state !== 'failed') return
    const answer = await platform.report(task, { state: row.state, ...(row.state !== 'failed' && { progress: 100 }) })
    // The release is elsewhere by now; its events, or the next poll, tell.
    if (answer !== undefined) log.info({ task, answer }, 'a report was not taken')
  }

  return startTimers({
    store,
    name: releaseTaskTimer,
    async handle({ key }) {
      const row = await findReleaseTask(store.query, key)
      if (row?.state === 'running') return (await stageOrSayWhy(row)) ?? report(key)
      if (row?.state === 'publishing') await publish(row)
      return report(key)
    },
    // Of a replica that was killed; should one only be slow, the rows tell the two apart.
    leaseMs: 15_000,
    backoffMs: jitteredBackoff({ baseMs: 200, maxMs: 30_000 }),
    log,
  })
}

const isOurs = (url: string, service: string | null) => url.startsWith('slipway://exporter/') && service === exporterUrl
