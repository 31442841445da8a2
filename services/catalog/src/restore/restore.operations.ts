import type { Bus, CallContext, OperationHandler } from '@slipway/bus'
import { catalogRestoreOperations, failure, isFailure, type OutputOf, releaseOperations } from '@slipway/contracts'
import { handlerOf, requireRole, restoreFactsHandler } from '@slipway/service'
import type { Store } from '@slipway/store'
import { announceVersions, publishVersions } from '../release-task/change-versions.ts'
import {
  addReleaseTask,
  lockReleaseTask,
  lockTasksOfRelease,
  moveReleaseTask,
} from '../release-task/release-task.store.ts'
import { begin, withdraw } from '../release-task/release-task.ts'
import { factReaders, forgetAccount, forgetStarted } from './restore.store.ts'

export type RestoreOptions = {
  readonly store: Store
  readonly bus: Bus
  /** Tasks of releases may be due. */
  readonly kick: () => void
}

const underWay: ReadonlySet<string> = new Set(['running', 'staged', 'publishing'])

/** What the catalog knows that others must agree with after a restore, and what settles a disagreement here. */
export function restoreHandlers({ store, bus, kick }: RestoreOptions): OperationHandler[] {
  const { facts, settle } = catalogRestoreOperations

  /** The release as the coordinator has it; undefined if it has none. */
  async function releaseOf(id: string, { identityToken }: CallContext) {
    try {
      return await bus.call(releaseOperations.get, { kf_id: id }, { identity: identityToken })
    } catch (error) {
      if (isFailure(error, 'not_found')) return undefined
      throw error
    }
  }

  /**
   * Brings the versions of a release that is published online, those that are not made yet after making them. Of one that
   * is being published the part is published, as the coordinator had asked before.
   */
  async function publish(task: string, release: OutputOf<typeof releaseOperations.get>): Promise<boolean> {
    const done = await store.transaction(async tx => {
      if (release.state === 'published') await addReleaseTask(tx, task, release.kf_id)
      const row = await lockReleaseTask(tx, task)
      if (release.state === 'publishing') {
        if (row?.state !== 'staged') return false
        await begin(tx, row, 'publishing')
        return true
      }
      switch (row?.state) {
        case 'initialized':
        case 'running':
          await begin(tx, row, 'running')
          return true
        case 'staged':
        case 'publishing':
          await publishVersions(tx, row)
          await moveReleaseTask(tx, row, 'published')
          await announceVersions(tx, { id: release.kf_id, name: release.name, version: release.version })
          return true
        case 'published':
          await announceVersions(tx, { id: release.kf_id, name: release.name, version: release.version })
          return true
        default:
          return false
      }
    })
    kick()
    return done
  }

  /** Does what a start asks for that was forgotten. */
  async function start(task: string): Promise<boolean> {
    const done = await store.transaction(async tx => {
      const row = await lockReleaseTask(tx, task)
      if (row?.state !== 'initialized') return false
      await begin(tx, row, 'running')
      return true
    })
    kick()
    return done
  }

  const takeBack = (release: string): Promise<boolean> =>
    store.transaction(async tx => {
      const rows = (await lockTasksOfRelease(tx, release)).filter(({ state }) => state !== 'canceled')
      for (const row of rows) await withdraw(tx, row)
      return rows.length > 0
    })

  return [
    restoreFactsHandler(facts, factReaders(store)),
    handlerOf(settle, async ({ action, id, release: of = '' }, context) => {
      requireRole(context.identity, ['ADMIN'], 'Must be an admin')
      if (action === 'start-again') {
        if (await releaseOf(of, context)) throw failure('refused', 'The coordinator has this release.')
        return { body: { done: await forgetStarted(store.query, id, of) } }
      }
      if (action === 'remove-account') return { body: { done: await forgetAccount(store, id) } }
      const release = await releaseOf(action === 'withdraw' ? id : of, context)
      if (action === 'start') {
        if (!release || !underWay.has(release.state)) throw failure('refused', 'The release is not under way.')
        return { body: { done: await start(id) } }
      }
      if (action === 'publish') {
        if (release?.state !== 'published' && release?.state !== 'publishing') {
          throw failure('refused', 'The release is not being published.')
        }
        return { body: { done: await publish(id, release) } }
      }
      if (release && release.state !== 'canceled' && release.state !== 'failed') {
        throw failure('refused', `The release is ${release.state}.`)
      }
      return { body: { done: await takeBack(id) } }
    }),
  ]
}
