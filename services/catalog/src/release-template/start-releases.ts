import type { Bus } from '@slipway/bus'
import { isFailure, scheduledReleaseOperations } from '@slipway/contracts'
import type { ServiceIdentity } from '@slipway/service'
import { type Store, setTimer, startTimers, type TimersOptions, type Worker } from '@slipway/store'
import { type DueTemplate, dueTemplate, dueTemplates, noteFailed, noteStarted } from './release-template.store.ts'

const timer = { name: 'release-template', key: '' }
const atOnce = 100

export type StartReleasesOptions = {
  readonly store: Store
  readonly bus: Bus
  readonly identity: ServiceIdentity
  readonly log: TimersOptions['log']
  /** Milliseconds between looks for templates whose day has come; days and templates may change at any time. */
  readonly everyMs: number
}

/**
 * Starts the releases of schedules whose day has come: by one replica at a time, after however long nothing ran. The
 * coordinator keeps the id under which one is started, so an attempt whose answer was lost finds the same release.
 */
export function startReleases(options: StartReleasesOptions): Worker {
  const { store, bus, identity, log, everyMs } = options

  /** Looks at it again right before: those before it took their time. */
  async function start(found: DueTemplate): Promise<void> {
    const template = await dueTemplate(store, found)
    if (!template) return
    const { startId: id, author, name, description, studies, tags, is_major } = template
    try {
      const input = { id, author, body: { name, description, studies, tags, is_major } }
      const call = { identity: await identity.token(), timeoutMs: 15_000 }
      const { kf_id } = await bus.call(scheduledReleaseOperations.create, input, call)
      await noteStarted(store, template, kf_id)
      log.info(
        { event: 'release_started', schedule: template.schedule, release: kf_id },
        'a schedule started a release',
      )
    } catch (error) {
      log.warn({ err: error, schedule: template.schedule }, 'a schedule could not start its release; it tries again')
      await noteFailed(store, template, reasonOf(error))
    }
  }

  return startTimers({
    store,
    name: timer.name,
    prepare: () => setTimer(store, timer),
    async handle() {
      const due = await dueTemplates(store, atOnce)
      for (const template of due) await start(template)
      return { againInMs: due.length < atOnce ? everyMs : 0 }
    },
    concurrency: 1,
    log,
  })
}

function reasonOf(error: unknown): string {
  if (!isFailure(error)) return String(error)
  const details = error.details?.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
  return [error.message, ...details].join('; ')
}
