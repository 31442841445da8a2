import { type Platform, startPlatform } from '@slipway/local'
import { temporaryFolder } from '@slipway/testing'
import { afterAll, beforeAll } from 'vitest'
import { type Client, pdcClient } from './http-client.ts'

const adminToken = 'schedules-administrator-token'

const all = (segment: string) => ['create', 'update', 'delete'].map(action => `${segment}:${action}`)

const accounts = [
  {
    login: 'ann',
    token: 'token-of-ann',
    password: 'password of ann',
    email: 'ann@example.org',
    groups: ['release-engineering'],
    permissions: [...all('release-schedules'), 'component-sla-types:create'],
  },
  { login: 'bob', token: 'token-of-bob', password: 'password of bob' },
  { login: 'former', token: 'token-of-former', active: false },
]

export type Callers = Readonly<Record<'admin' | 'ann' | 'bob' | 'anonymous', Client>>

/** A platform for one test file, as its users start it. */
export function platform() {
  const running = {} as { platform: Platform; url: string; callers: Callers }
  let stop: (() => Promise<void>) | undefined
  beforeAll(async () => {
    const folder = await temporaryFolder()
    const started = await startPlatform({
      dataDir: folder.path,
      port: 0,
      quiet: true,
      durable: false,
      adminToken,
      accounts,
    })
    stop = async () => {
      await started.stop()
      await folder[Symbol.asyncDispose]()
    }
    running.platform = started
    running.url = started.url
    running.callers = {
      admin: pdcClient(started.url, `Token ${adminToken}`),
      ann: pdcClient(started.url, 'Token token-of-ann'),
      bob: pdcClient(started.url, 'Token token-of-bob'),
      anonymous: pdcClient(started.url),
    }
  })
  afterAll(async () => stop?.())
  return running
}
