import { platformOfFile } from '../../support/platform-of-file.ts'
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
export const platform = () =>
  platformOfFile<Callers>(
    () => ({ adminToken, accounts }),
    url => ({
      admin: pdcClient(url, `Token ${adminToken}`),
      ann: pdcClient(url, 'Token token-of-ann'),
      bob: pdcClient(url, 'Token token-of-bob'),
      anonymous: pdcClient(url),
    }),
  )
