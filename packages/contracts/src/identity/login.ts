import { serviceNames } from '../operation.ts'
import { loginKey, spellingFault } from './login-spelling.ts'

/** Account of the first administrator, which only the configuration of the platform makes. */
export const administratorLogin = 'admin'

/** Characters that a login has at most. */
export const longestLogin = 255

/**
 * Names under which the platform itself is the author of something, words that are paths beside logins, and names of
 * those who run things.
 */
const reserved = new Set([
  administratorLogin,
  'administrator',
  'anonymous',
  'anonymoususer',
  'development',
  'devadmin',
  'login',
  'me',
  'platform',
  'slipway',
  'superuser',
  'system',
  ...serviceNames,
])

/** With separators left out, by which `sys.tem` would pass for another. */
const isReserved = (key: string) => reserved.has(key.replace(/[._-]/g, '')) || /^slipway[._-]/.test(key)

/**
 * Why nobody may be given a login, as the end of a sentence that begins with the name of the field; undefined: they may.
 * Logins that were given before a rule was made stay good. `configured`: by the configuration of the platform, which
 * may make its administrator.
 */
export function loginFault(login: string, { configured = false } = {}): string | undefined {
  if (login === '' || login.length > longestLogin) return `must have 1 to ${longestLogin} characters`
  if (/[\s:/]/.test(login)) return 'must have no blanks, colons or slashes'
  const fault = spellingFault(login)
  if (fault !== undefined) return fault
  const key = loginKey(login)
  if (configured && key === administratorLogin) return undefined
  return isReserved(key) ? 'is reserved for the platform' : undefined
}
