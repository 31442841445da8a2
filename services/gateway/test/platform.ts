import { type RunningService, startService } from '@slipway/service'
import { createDatabase, startOwnNats } from '@slipway/testing'
import { gateway } from '../src/app.ts'
import { type ScriptedServices, startScriptedServices } from './scripted-services.ts'

export const adminToken = 'test-administrator-token'
export const adminPassword = 'test administrator password'

export const accounts = [
  { login: 'anna', token: 'token-of-anna', password: 'anna password', roles: ['ADMIN'] },
  { login: 'dev', token: 'token-of-dev', roles: ['DEV'] },
  { login: 'user', token: 'token-of-user', password: 'user password', roles: ['USER'], groups: ['SD_ME0WME0W'] },
  { login: 'former', token: 'token-of-former', password: 'former password', active: false },
]

const configuredAccounts = {
  SLIPWAY_ADMIN_TOKEN: adminToken,
  SLIPWAY_ADMIN_PASSWORD: adminPassword,
  SLIPWAY_ACCOUNTS: JSON.stringify(accounts),
}

export type Platform = AsyncDisposable & {
  readonly port: number
  readonly services: ScriptedServices
  readonly databaseUrl: string
  readonly natsUrl: string
  /** One more gateway on the same database and bus. */
  startReplica(env?: Record<string, string>): Promise<RunningService>
}

/** A gateway with a database and a NATS server of its own, and scripted services behind it. */
export async function startPlatform(env: Record<string, string> = {}): Promise<Platform> {
  const database = await createDatabase({ migrations: [gateway.migrations].flat() })
  const nats = await startOwnNats()
  const started: RunningService[] = []
  async function startReplica(more: Record<string, string> = {}) {
    const replica = await startService(gateway, {
      DATABASE_URL: database.url,
      NATS_URL: nats.url,
      SLIPWAY_PORT: '0',
      SLIPWAY_SERVICE_HOST: '127.0.0.1',
      SLIPWAY_STOP_DELAY_MS: '50',
      LOG_LEVEL: 'silent',
      SLIPWAY_PASSWORD_COST: '10',
      // The first one made the accounts; deriving their passwords again would take time.
      ...(started.length === 0 && configuredAccounts),
      ...env,
      ...more,
    })
    started.push(replica)
    return replica
  }
  const { port } = await startReplica()
  const services = await startScriptedServices(nats.url)
  return {
    port,
    services,
    databaseUrl: database.url,
    natsUrl: nats.url,
    startReplica,
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map(replica => replica.stop()))
      await services[Symbol.asyncDispose]()
      await nats[Symbol.asyncDispose]()
      await database.drop()
    },
  }
}
