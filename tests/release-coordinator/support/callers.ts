import { type Client, httpClient } from './http-client.ts'
import { inAnHour, type SigningKey, signedToken } from './issuer.ts'
import { studies } from './resources.ts'

/** Accounts of every system that is tested. The administrator has credentials only; its account is made by itself. */
export const callers = {
  admin: { login: 'admin', token: 'token-of-the-administrator', password: 'password of the administrator' },
  dev: { login: 'dora', token: 'token-of-dora', password: 'password of dora', roles: ['DEV'] },
  user: { login: 'ulla', token: 'token-of-ulla', password: 'password of ulla', roles: ['USER'] },
  member: { login: 'mia', token: 'token-of-mia', roles: ['USER'], groups: [studies.cats, studies.dogs] },
}

export type CallerName = 'anonymous' | 'user' | 'dev' | 'admin' | 'machine' | 'member'

/** A client for each kind of caller. `machine` has a signed token of the issuer, as task services have. */
export function clients(url: string, key: SigningKey): Readonly<Record<CallerName, Client>> {
  const bearer = ({ token }: { readonly token: string }) => httpClient(url, `Bearer ${token}`)
  const machine = signedToken(key, { gty: 'client-credentials', azp: 'reports', exp: inAnHour() })
  return {
    anonymous: httpClient(url),
    user: bearer(callers.user),
    dev: bearer(callers.dev),
    admin: bearer(callers.admin),
    member: bearer(callers.member),
    machine: bearer({ token: machine }),
  }
}
