import { platformOfFile } from '../../support/platform-of-file.ts'
import type { TestPlatformOptions } from '../../support/start-test-platform.ts'
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
export function platform(more: () => Promise<TestPlatformOptions> | TestPlatformOptions = () => ({})) {
  const options = async () => ({ adminToken, accounts, ...(await more()) })
  return platformOfFile<Callers>(options, url => {
    const as = (token: string) => odmClient(url, { 'genestack-api-token': token })
    return {
      admin: as(adminToken),
      curator: as('token-of-curator'),
      plain: as('token-of-plain'),
      all: as('token-of-all'),
      user: as('token-of-user'),
      nobody: odmClient(url),
    }
  })
}
