import type { Identity } from '@slipway/contracts'
import { leadingMember } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'
import type { Licensee } from './ensure-affiliate.ts'

const profile: Statement = {
  name: 'account-profile.names',
  text: 'select first_name as "firstName", last_name as "lastName", email from account_profile where login = $1',
}
const knownMember: Statement = { name: 'member.known', text: 'select key from member where key = any($1::text[])' }

/** The first of these keys that is a member's, else that of the leading member. */
export async function homeMemberAmong(tx: Queryable, keys: readonly (string | null)[]): Promise<string> {
  const given = keys.filter(key => key !== null)
  const known = (await tx.query<{ key: string }>(knownMember, [given])).map(({ key }) => key)
  return given.find(key => known.includes(key)) ?? leadingMember
}

/** A caller who needs an affiliate before the event of its account has come, or who has its account elsewhere. */
export async function licenseeOf(tx: Queryable, identity: Identity | null): Promise<Licensee> {
  const login = identity?.login.toLowerCase() ?? ''
  const [names] = await tx.query<Pick<Licensee, 'firstName' | 'lastName' | 'email'>>(profile, [login])
  const homeMember = await homeMemberAmong(tx, [identity?.member ?? null])
  return { ...(names ?? { firstName: null, lastName: null, email: null }), login, country: null, homeMember }
}
