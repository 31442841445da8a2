import { type Platform, startPlatform } from '@slipway/local'
import { temporaryFolder } from '@slipway/testing'
import { afterAll, beforeAll } from 'vitest'
import { basic, type Client, client } from './client.ts'

const adminPassword = 'packages administrator'
const adminToken = 'packages-administrator-token'

/** Staff of two members, an insider, an affiliate's user, and somebody whom this API does not know. */
const roles = {
  sweden: ['ROLE_STAFF', 'ROLE_STAFF_SE', 'ROLE_USER'],
  america: ['ROLE_STAFF', 'ROLE_STAFF_US', 'ROLE_USER'],
  insider: ['ROLE_MEMBER', 'ROLE_MEMBER_IHTSDO', 'ROLE_USER'],
  user: ['ROLE_USER'],
  stranger: ['DEV'],
} as const

const accounts = Object.entries(roles).map(([login, given]) => ({
  login,
  password: `password of ${login}`,
  email: `${login}@example.org`,
  roles: [...given],
}))

export type Callers = Readonly<Record<'admin' | keyof typeof roles | 'anonymous', Client>>

/** A platform for one test file, as its users start it. `environment` is what one test file wants otherwise. */
export function platform(environment: Readonly<Record<string, string>> = {}) {
  const running = {} as { platform: Platform; url: string; as: Callers }
  let stop: (() => Promise<void>) | undefined
  beforeAll(async () => {
    const folder = await temporaryFolder()
    const started = await startPlatform({
      dataDir: folder.path,
      port: 0,
      quiet: true,
      durable: false,
      adminToken,
      adminPassword,
      accounts,
      environment: { ...process.env, ...environment },
    })
    stop = async () => {
      await started.stop()
      await folder[Symbol.asyncDispose]()
    }
    running.platform = started
    running.url = started.url
    const as = (login: string) => client(started.url, basic(login, `password of ${login}`))
    running.as = {
      admin: client(started.url, basic('admin', adminPassword)),
      sweden: as('sweden'),
      america: as('america'),
      insider: as('insider'),
      user: as('user'),
      stranger: as('stranger'),
      anonymous: client(started.url),
    }
  })
  afterAll(async () => stop?.())
  return running
}
