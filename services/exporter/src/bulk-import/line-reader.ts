import { type Identity, type ImportTarget, isFailure, type OwnerTarget } from '@slipway/contracts'
import { type FindLogin, noSuchUser, requireOwner } from '../owner-login.ts'
import { type ImportLine, readLine } from './line.ts'
import { resultOfError } from './line-errors.ts'

export type LineReader = (value: unknown) => Promise<ImportLine>

/**
 * Reads lines of an import, with the logins in them as the accounts have them. Each login is asked about once, however
 * many lines have it, so a reader is not kept for longer than a turn. A line with a source for a login that is nobody's
 * becomes its result. @throws `unavailable` while nobody can say
 */
export function lineReader(identity: Identity, target: ImportTarget | null, find: FindLogin): LineReader {
  const asked = new Map<string, Promise<string | undefined>>()
  const findOnce: FindLogin = login => {
    const key = login.toLowerCase()
    const known = asked.get(key) ?? find(login)
    asked.set(key, known)
    return known
  }
  /** Undefined: nobody has the login. */
  async function written<Target extends OwnerTarget>(owner: Target): Promise<Target | undefined> {
    try {
      return await requireOwner(owner, identity, findOnce)
    } catch (error) {
      if (!isFailure(error, 'not_found')) throw error
      return undefined
    }
  }
  async function writtenTarget(): Promise<ImportTarget | null> {
    if (target?.owner_type !== 'User') return target
    const owner = await written({ ownerType: 'user', owner: target.owner })
    return { ...target, owner: owner?.owner ?? target.owner }
  }

  return async value => {
    const read = readLine(value, identity, await writtenTarget())
    if (read.kind === 'none' || read.kind === 'org') return read
    if (read.kind === 'source') {
      const owner = await written(read.owner)
      if (owner) return { ...read, owner }
      return { kind: 'none', result: resultOfError(noSuchUser(read.owner.owner)) ?? { outcome: 'not_found' } }
    }
    // What is of a source that is not there is refused as such.
    if (read.kind === 'version') return { ...read, target: (await written(read.target)) ?? read.target }
    const line = { ...read.line, target: (await written(read.line.target)) ?? read.line.target }
    return { ...read, line } as ImportLine
  }
}
