import { join } from 'node:path'
import { type Platform, type PlatformOptions, startPlatform } from '@slipway/local'
import { temporaryFolder } from '@slipway/testing'
import { callers } from './callers.ts'
import { type DataService, dataService, study } from './data-service.ts'
import { type Client, httpClient } from './http-client.ts'
import { type issuer, platformAudience, type SigningKey, issuer as startIssuer } from './issuer.ts'
import { studies } from './resources.ts'

export type SystemOptions = {
  /** Default: a data service with four studies, mirrored. False: none is configured. */
  readonly mirror?: boolean
  /** Default: an issuer of tokens. False: none is configured. */
  readonly tokens?: boolean
  /** Processes a service. Default: one each. */
  readonly replicas?: PlatformOptions['replicas']
  readonly gateway?: Readonly<Record<string, string>>
  readonly coordinator?: Readonly<Record<string, string>>
  readonly registry?: Readonly<Record<string, string>>
}

export type System = AsyncDisposable & {
  readonly url: string
  readonly platform: Platform
  readonly dataService: DataService
  readonly issuer: Awaited<ReturnType<typeof issuer>>
  readonly key: SigningKey
}

/** Checks and polls often, so that tests need not wait. */
const impatient = {
  registry: { HEALTH_SECONDS: '0.5', REQUEST_TIMEOUT: '2', COMMAND_TRIES: '3' },
  coordinator: { TASK_POLL_SECONDS: '0.3', RELEASE_CHECK_SECONDS: '1', REQUEST_TIMEOUT: '2', COMMAND_TRIES: '3' },
}

export const grant = { client_id: 'slipway', client_secret: 'very secret', audience: 'https://tasks.example.org' }

/** A whole platform with what it needs around it, every process of its own. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const { mirror = true, tokens = true } = options
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const source = opened.use(await dataService(Object.values(studies).map(id => study(id))))
  const issuing = opened.use(await startIssuer())
  const outgoing = tokens && {
    AUTH0_DOMAIN: issuing.url,
    AUTH0_CLIENT: grant.client_id,
    AUTH0_SECRET: grant.client_secret,
    AUTH0_AUD: grant.audience,
  }
  const incoming = { AUTH0_DOMAIN: issuing.url, SLIPWAY_TOKEN_AUDIENCE: platformAudience, AUTH0_AUD: grant.audience }
  const platformOptions: PlatformOptions = {
    port: 0,
    dataDir: join(folder.path, 'platform'),
    durable: false,
    quiet: true,
    replicas: options.replicas ?? {},
    adminToken: callers.admin.token,
    adminPassword: callers.admin.password,
    accounts: [callers.dev, callers.user, callers.member],
    ...(mirror && { dataserviceUrl: source.url }),
    env: {
      gateway: { SLIPWAY_PASSWORD_COST: '10', ...(tokens && incoming), ...options.gateway },
      registry: { ...impatient.registry, ...outgoing, ...options.registry },
      coordinator: { ...impatient.coordinator, ...outgoing, ...options.coordinator },
    },
  }
  const platform = opened.use(await startPlatform(platformOptions))
  if (mirror) await mirrorStudies(httpClient(platform.url, `Bearer ${callers.admin.token}`))
  const kept = opened.move()
  return {
    url: platform.url,
    platform,
    dataService: source,
    issuer: issuing,
    key: issuing.key,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function mirrorStudies(admin: Client): Promise<void> {
  const { status, text } = await admin.post('/studies/sync')
  if (status !== 200) throw new Error(`the studies were not mirrored: ${status} ${text}`)
}
