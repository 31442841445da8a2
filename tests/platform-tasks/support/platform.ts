import { type Platform, type PlatformOptions, startPlatform } from '@slipway/local'
import { temporaryFolder } from '@slipway/testing'
import { afterAll, beforeAll } from 'vitest'
import { type Client, odmClient } from './odm-client.ts'

export const adminToken = 'tasks-administrator-token'
/** The study that the plain curator and the plain user have access to. */
export const sharedStudy = 'SD_AAAAAAAA'

const accounts = [
  { login: 'curator', token: 'token-of-curator', roles: ['curator'], permissions: ['ACCESS_ALL_DATA'] },
  { login: 'plain', token: 'token-of-plain', password: 'password of plain', roles: ['curator'], groups: [sharedStudy] },
  { login: 'all', token: 'token-of-all', permissions: ['ACCESS_ALL_DATA'] },
  { login: 'user', token: 'token-of-user', groups: [sharedStudy] },
  { login: 'former', token: 'token-of-former', active: false, roles: ['curator'], permissions: ['ACCESS_ALL_DATA'] },
]

export type Callers = Readonly<Record<'admin' | 'curator' | 'plain' | 'all' | 'user' | 'nobody', Client>>

/** A platform for one test file, as its users start it. */
export function platform(more: () => Promise<PlatformOptions> | PlatformOptions = () => ({})) {
  const running = {} as { platform: Platform; url: string; as: Callers }
  let stop: (() => Promise<void>) | undefined
  beforeAll(async () => {
    const folder = await temporaryFolder()
    const usual = { dataDir: folder.path, port: 0, quiet: true, durable: false, adminToken, accounts }
    const started = await startPlatform({ ...usual, ...(await more()) })
    stop = async () => {
      await started.stop()
      await folder[Symbol.asyncDispose]()
    }
    running.platform = started
    running.url = started.url
    const as = (token: string) => odmClient(started.url, { 'genestack-api-token': token })
    running.as = {
      admin: as(adminToken),
      curator: as('token-of-curator'),
      plain: as('token-of-plain'),
      all: as('token-of-all'),
      user: as('token-of-user'),
      nobody: odmClient(started.url),
    }
  })
  afterAll(async () => stop?.())
  return running
}
