import type { PlatformOptions } from '@slipway/local'
import { platformOfFile } from '../../support/platform-of-file.ts'
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
export const platform = (more: PlatformOptions = {}) =>
  platformOfFile<Callers>(
    () => ({ adminToken, accounts, ...more }),
    url => ({
      admin: client(url, `Token ${adminToken}`),
      ada: client(url, 'Token token-of-ada'),
      bob: client(url, 'Token token-of-bob'),
      staff: client(url, 'Token token-of-root'),
      former: client(url, 'Token token-of-former'),
      nobody: client(url),
    }),
  )
