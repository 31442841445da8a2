import type { Identity } from '@slipway/contracts'
import { leadingMember } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { prepare } from '../sql.ts'
import type { Licensee } from './ensure-affiliate.ts'

const profile = prepare<{ login: string }>()('account-profile.names', (db, p) =>
  db
    .selectFrom('account_profile')
    .select(['first_name as firstName', 'last_name as lastName', 'email'])
    .where('login', '=', p.login),
)
const knownMember = prepare<{ keys: readonly string[] }>()('member.known', (db, p) =>
  db
    .selectFrom('member')
    .select('key')
    .where('key', '=', eb => eb.fn.any(p.keys)),
)

/** The first of these keys that is a member's, else that of the leading member. */
export async function homeMemberAmong(tx: Queryable, keys: readonly (string | null)[]): Promise<string> {
  const given = keys.filter(key => key !== null)
  const known = (await tx.query(knownMember, { keys: given })).map(({ key }) => key)
  return given.find(key => known.includes(key)) ?? leadingMember
}

/** A caller who needs an affiliate before the event of its account has come, or who has its account elsewhere. */
export async function licenseeOf(tx: Queryable, identity: Identity | null): Promise<Licensee> {
  const login = identity?.login.toLowerCase() ?? ''
  const [names] = await tx.query(profile, { login })
  const homeMember = await homeMemberAmong(tx, [identity?.member ?? null])
  return { ...(names ?? { firstName: null, lastName: null, email: null }), login, country: null, homeMember }
}
