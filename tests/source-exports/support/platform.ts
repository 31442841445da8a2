import { type Platform, type PlatformOptions, startPlatform } from '@slipway/local'
import { temporaryFolder } from '@slipway/testing'
import { afterAll, beforeAll } from 'vitest'
import { type Client, client } from './client.ts'

const adminToken = 'exports-administrator-token'
const accounts = [
  { login: 'ada', token: 'token-of-ada', password: 'password of ada', email: 'ada@example.org' },
  { login: 'bob', token: 'token-of-bob', password: 'password of bob' },
  { login: 'root', token: 'token-of-root', roles: ['staff'] },
  { login: 'former', token: 'token-of-former', active: false },
]

export type Callers = Readonly<Record<'admin' | 'ada' | 'bob' | 'staff' | 'former' | 'nobody', Client>>

/** A platform for one test file, as its users start it. */
export function platform(more: PlatformOptions = {}) {
  const running = {} as { url: string; as: Callers; platform: Platform }
  let stop: (() => Promise<void>) | undefined
  beforeAll(async () => {
    const folder = await temporaryFolder()
    const options = { dataDir: folder.path, port: 0, quiet: true, durable: false, adminToken, accounts, ...more }
    const started = await startPlatform(options)
    stop = async () => {
      await started.stop()
      await folder[Symbol.asyncDispose]()
    }
    running.platform = started
    running.url = started.url
    running.as = {
      admin: client(started.url, `Token ${adminToken}`),
      ada: client(started.url, 'Token token-of-ada'),
      bob: client(started.url, 'Token token-of-bob'),
      staff: client(started.url, 'Token token-of-root'),
      former: client(started.url, 'Token token-of-former'),
      nobody: client(started.url),
    }
  })
  afterAll(async () => stop?.())
  return running
}
