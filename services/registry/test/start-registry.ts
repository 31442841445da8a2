import { type Bus, type CallOptions, connectBus } from '@slipway/bus'
import { startService } from '@slipway/service'
import { openStore, type Store } from '@slipway/store'
import { captureLog, createDatabase, identityHandlers, identityToken, startOwnNats } from '@slipway/testing'
import { registry } from '../src/app.ts'
import { migrations } from './open-database.ts'

export type RunningRegistry = AsyncDisposable & {
  /** A client of the registry. */
  readonly bus: Bus
  readonly store: Store
  readonly env: NodeJS.ProcessEnv
  /** Starts one more replica. */
  replica(): Promise<void>
  /** Stops all replicas; the database and the broker stay. */
  stopServices(): Promise<void>
}

export const baseUrl = 'https://releases.example.org'

/** How calls are made by people of the tests; without one, by nobody. */
export const as = (person: keyof typeof people, more: CallOptions = {}): CallOptions => ({
  identity: people[person],
  baseUrl,
  timeoutMs: 20_000,
  ...more,
})

const people = {
  ada: identityToken('ada', { roles: ['DEV'] }),
  admin: identityToken('root', { roles: ['ADMIN'] }),
  first: identityToken('first', { superuser: true }),
  machine: identityToken('etl', { kind: 'service' }),
  reader: identityToken('reader', { roles: ['USER', 'ROLE_ADMIN'] }),
  nobody: undefined,
}

/**
 * A registry as it runs for real, with a database and a broker of its own. Health checks are an hour apart unless `env`
 * says otherwise, so that they do not disturb.
 */
export async function startRegistry(env: NodeJS.ProcessEnv = {}): Promise<RunningRegistry> {
  await using opened = new AsyncDisposableStack()
  const nats = opened.use(await startOwnNats())
  const database = opened.use(await createDatabase({ migrations }))
  const log = captureLog().log
  const store = opened.use(await openStore({ url: database.url, log, name: 'registry-test' }))
  const bus = opened.use(await connectBus({ servers: nats.url, name: 'gateway', version: '1.0.0', log }))
  await bus.serve(identityHandlers, { queue: 'gateway' })

  const whole = {
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    SLIPWAY_SERVICE_HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
    HEALTH_SECONDS: '3600',
    ...env,
  }
  const replicas = opened.use(new AsyncDisposableStack())
  const replica = async () => {
    const service = await startService(registry, whole)
    replicas.defer(() => service.stop())
  }
  await replica()
  const kept = opened.move()
  return {
    bus,
    store,
    env: whole,
    replica,
    stopServices: () => replicas.disposeAsync(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
