import type { Bus } from '@slipway/bus'
import { failure, type Identity, identityOperations, isFailure, type OwnerTarget } from '@slipway/contracts'
import { loginOf } from './rights.ts'

/** A login as its account has it; undefined: it is nobody's. @throws `unavailable` while the gateway does not answer */
export type FindLogin = (login: string) => Promise<string | undefined>

/** No account has a longer one, and the operation takes none. */
const longestLogin = 1024

export function findLoginOverBus(bus: Bus): FindLogin {
  return async login => {
    if (login === '' || login.length > longestLogin) return undefined
    try {
      return (await bus.call(identityOperations.login, { login })).login ?? undefined
    } catch (error) {
      if (!isFailure(error, 'timeout')) throw error
      throw failure('unavailable', 'The gateway, which knows all logins, does not answer.', { cause: error })
    }
  }
}

/**
 * Logins are the same whatever their case, but paths and rows have them as the account does. What belonged to a login that
 * is nobody's would belong to the next person who registers it. @throws `not_found` for such a login
 */
export async function requireLogin(login: string, identity: Identity, find: FindLogin): Promise<string> {
  if (login.toLowerCase() === loginOf(identity)) return identity.login
  const known = await find(login)
  if (known === undefined) throw noSuchUser(login)
  return known
}

/** An owner as paths have it. @throws as `requireLogin` */
export async function requireOwner<Target extends OwnerTarget>(
  target: Target,
  identity: Identity,
  find: FindLogin,
): Promise<Target> {
  if (target.ownerType !== 'user') return target
  return { ...target, owner: await requireLogin(target.owner, identity, find) }
}

export const noSuchUser = (login: string) => failure('not_found', `There is no user ${login}.`)
