import { failure } from '@slipway/contracts'
import type { Output } from './output.ts'
import type { Page, PlatformApi } from './platform-api.ts'
import { hasEnded, type ReleaseProgress, type ReleaseRecord } from './release-progress.ts'
import { watchRelease } from './release-watch.ts'

export type TaskServiceToRegister = { readonly name: string; readonly description: string; readonly url: string }

export type RunOptions = {
  readonly api: PlatformApi
  readonly output: Output
  readonly taskServices: readonly TaskServiceToRegister[]
  readonly releaseName: string
  /** Ids of the studies that are released. */
  readonly studies: readonly string[]
  readonly signal: AbortSignal
}

type RegisteredService = TaskServiceToRegister & {
  readonly kf_id: string
  readonly author: string
  readonly enabled: boolean
}

/** By it the demo finds the task services that an earlier run has registered. */
const author = 'demo'

/** One release, from the registration of task services to its end. Returns it as it ended. */
export async function runRelease(options: RunOptions): Promise<ReleaseProgress> {
  const { api, output, studies, signal } = options
  await registerTaskServices(options)
  const following = new AbortController()
  try {
    const watch = watchRelease(api, AbortSignal.any([signal, following.signal]), output.show)
    await watch.open
    const created = await api.call<ReleaseRecord>('POST', '/releases', {
      name: options.releaseName,
      description: 'Made by npm run demo',
      studies,
      author,
    })
    watch.begin(created)
    const staged = await watch.until(release => release.state === 'staged' || hasEnded(release.state))
    if (staged.state === 'staged') await api.call('POST', `/releases/${created.kf_id}/publish`)
    await watch.until(release => hasEnded(release.state))
    await watch.refresh()
    return await watch.until(release => hasEnded(release.state))
  } finally {
    following.abort()
  }
}

/** The demo's own are registered anew, since each run has them elsewhere; others take part as they are. */
async function registerTaskServices({ api, output, taskServices }: RunOptions): Promise<void> {
  const registered = await api.call<Page<RegisteredService>>('GET', '/task-services?limit=1000')
  for (const service of registered.results) {
    if (service.author === author) await api.call('DELETE', `/task-services/${service.kf_id}`)
    else if (service.enabled) output.print(serviceText(service))
  }
  for (const service of taskServices) {
    output.print(serviceText(await api.call<RegisteredService>('POST', '/task-services', { ...service, author })))
  }
}

const serviceText = ({ kf_id, name, url }: RegisteredService) => `task service ${kf_id} ${name} at ${url}`

/** What the platform's event log says went wrong with a release, oldest first. */
export async function faultsOf(api: PlatformApi, releaseId: string): Promise<string[]> {
  const events = await api.call<Page<{ event_type: string; message: string }>>(
    'GET',
    `/events?release=${releaseId}&limit=100`,
  )
  return events.results
    .filter(event => event.event_type === 'error')
    .map(event => event.message)
    .reverse()
}

/** Fails unless the release was published. */
export async function mustBePublished(api: PlatformApi, release: ReleaseProgress): Promise<void> {
  if (release.state === 'published') return
  const faults = await faultsOf(api, release.id)
  throw failure('refused', `release ${release.id} was not published, it is ${release.state}: ${faults.join('; ')}`)
}
