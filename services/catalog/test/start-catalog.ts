import { type Bus, type CallOptions, connectBus } from '@slipway/bus'
import { type RunningService, startService } from '@slipway/service'
import { openStore, type Store } from '@slipway/store'
import {
  captureLog,
  createDatabase,
  identityHandlers,
  identityToken,
  serviceToken,
  startOwnNats,
} from '@slipway/testing'
import { catalog } from '../src/app.ts'

export const baseUrl = 'https://catalog.example.org'

const people = {
  admin: identityToken('root', { superuser: true }),
  ann: identityToken('ann', { permissions: ['release-schedules:create'] }),
  nobody: undefined,
}

/** How calls are made by people of the tests. */
export const as = (person: keyof typeof people, more: CallOptions = {}): CallOptions => ({
  identity: people[person],
  baseUrl,
  timeoutMs: 30_000,
  ...more,
})

export type RunningCatalog = AsyncDisposable & {
  readonly bus: Bus
  readonly store: Store
  replica(): Promise<RunningService>
}

/** A catalog as it runs for real, with a database and a broker of its own. */
export async function startCatalog(env: NodeJS.ProcessEnv = {}): Promise<RunningCatalog> {
  await using opened = new AsyncDisposableStack()
  const nats = opened.use(await startOwnNats())
  const database = opened.use(await createDatabase({ migrations: [new URL('../migrations', import.meta.url)] }))
  const { log } = captureLog()
  const prove = async () => serviceToken('gateway')
  const store = opened.use(await openStore({ url: database.url, log, name: 'catalog-test' }))
  const bus = opened.use(await connectBus({ servers: nats.url, name: 'gateway', version: '1.0.0', log, prove }))
  await bus.ensureStream()
  await bus.serve(identityHandlers, { queue: 'gateway' })
  const replicas = opened.use(new AsyncDisposableStack())
  const replica = async () => {
    const service = await startService(catalog, {
      DATABASE_URL: database.url,
      NATS_URL: nats.url,
      SLIPWAY_SERVICE_HOST: '127.0.0.1',
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      ...env,
    })
    replicas.defer(() => service.stop())
    return service
  }
  await replica()
  const kept = opened.move()
  return { bus, store, replica, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
