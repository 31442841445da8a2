import { basicCredentials } from '@slipway/testing'
import { platformOfFile } from '../../support/platform-of-file.ts'
import { type Client, client } from './client.ts'

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
  const options = () => ({ adminToken, adminPassword, accounts, environment: { ...process.env, ...environment } })
  return platformOfFile<Callers>(options, url => {
    const as = (login: string) => client(url, basicCredentials(login, `password of ${login}`))
    return {
      admin: client(url, basicCredentials('admin', adminPassword)),
      sweden: as('sweden'),
      america: as('america'),
      insider: as('insider'),
      user: as('user'),
      stranger: as('stranger'),
      anonymous: client(url),
    }
  })
}
