import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listenHttp, platformOverHttp, type TaskServer, type TaskService } from '@slipway/participant'
import { checksumManifest } from '../example-services/checksum-manifest.ts'
import { startDataService } from '../example-services/data-service.ts'
import { slowReview } from '../example-services/slow-review.ts'
import { type Platform, startPlatform } from '../platform/platform.ts'
import type { Settings } from '../platform/settings.ts'
import { ownTaskServices } from '../platform/task-services.ts'
import type { FailureName } from './arguments.ts'
import type { Dictionary } from './content/dictionaries.ts'
import { failingService, plannedFailures } from './planned-failure.ts'
import type { TaskServiceToRegister } from './run-release.ts'
import { linkStudyFiles } from './studies.ts'

export type DemoParts = {
  readonly platform: Platform
  readonly token: string
  readonly taskServices: readonly TaskServiceToRegister[]
  /** Folders: what the manifests of checksums are written to, and what downloads go to. */
  readonly manifests: string
  readonly downloads: string
}

export type PartsOptions = {
  readonly settings: Settings
  readonly dictionaries: readonly Dictionary[]
  readonly fail: FailureName | undefined
  readonly notify: (line: string) => void
  readonly signal: AbortSignal
  /** Everything that is started is put here, to be stopped in the opposite order. */
  readonly stack: AsyncDisposableStack
}

/** So slow that there is something to see. */
const pace = { bytesPerSecond: 4_000_000, reviewMs: 6_000, publishMs: 2_000 }

/** What the platform does every half minute or so, the demo does every second: nobody likes to wait for a demo. */
const impatience = { TASK_POLL_SECONDS: '1', HEALTH_SECONDS: '2', RELEASE_CHECK_SECONDS: '2' }

/** Starts the source of studies, the platform on a data folder of the demo's own, and the task services. */
export async function startParts(options: PartsOptions): Promise<DemoParts> {
  const { settings, dictionaries, fail, notify, signal, stack } = options
  const dataDir = join(settings.dataDir ?? '.slipway', 'demo')
  const files = join(dataDir, 'files')
  const manifests = join(dataDir, 'manifests')
  const token = settings.adminToken ?? (await keptToken(dataDir))
  const studies = dictionaries.map(({ study }) => study)
  // A page smaller than the mirror asks for, so that it has a link to follow.
  const dataService = stack.use(await startDataService(studies, { pageSize: 1 }))

  const env = { ...impatience, ...(fail && plannedFailures[fail].env) }
  const platform = stack.use(
    await startPlatform({
      ...settings,
      dataDir,
      adminToken: token,
      dataserviceUrl: dataService.url,
      taskServices: ownTaskServices,
      env: { coordinator: env, registry: env },
      notify,
      signal,
    }),
  )

  // Into a folder that the platform has found to be its own.
  await linkStudyFiles(files, dictionaries)
  const log = notify
  const taskServices: TaskServiceToRegister[] = []
  const serve = async (service: TaskService & { close(): Promise<void> }): Promise<TaskServer> => {
    stack.defer(() => service.close())
    const server = stack.use(await listenHttp(service))
    taskServices.push({ name: service.name, description: service.message, url: server.url })
    return server
  }
  const { url: platformUrl } = platform
  const { bytesPerSecond } = pace
  await serve(await checksumManifest({ files, output: manifests, platformUrl, token, bytesPerSecond, log }))
  await serve(slowReview(pace))
  if (fail) {
    const reporting = platformOverHttp({ url: platformUrl, token })
    const die = () => void server.close()
    const server = await serve(failingService({ failure: fail, platform: reporting, die }))
  }
  return { platform, token, taskServices, manifests, downloads: join(dataDir, 'downloads') }
}

/** The demo's administrator keeps its token from run to run; the platform itself keeps no more than its hash. */
async function keptToken(dataDir: string): Promise<string> {
  const file = join(dataDir, 'demo-token')
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (kept !== '') return kept
  const token = randomBytes(24).toString('base64url')
  await mkdir(dataDir, { recursive: true })
  await writeFile(file, `${token}\n`, { mode: 0o600 })
  return token
}
