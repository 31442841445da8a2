import { failure } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { type SqlBool, sql } from 'kysely'
import { requireMember } from '../member/unknown-member.ts'
import { prepare } from '../sql.ts'

/** Shorter texts would match by accident. */
const shortest = 3

export type CheckInput = {
  readonly member?: string | undefined
  readonly match?: string | undefined
  readonly affiliateId?: string | undefined
}

const matching = prepare<{ member: string; match: string; id: string | null }>()('affiliate.check', (db, p) =>
  db
    .selectFrom('affiliate as a')
    .select('a.affiliate_id')
    .where('a.standing', '=', 'IN_GOOD_STANDING')
    .where(eb => eb(sql<number>`position(lower(${p.match}) in ${eb.ref('a.checked_text')})`, '>', 0))
    .where(eb => sql<SqlBool>`(${p.id}::bigint is null or ${eb.ref('a.affiliate_id')} = ${p.id})`)
    .where(eb =>
      eb.exists(
        eb
          .selectFrom('application as p')
          .select([])
          .whereRef('p.affiliate_id', '=', 'a.affiliate_id')
          .where('p.member', '=', p.member)
          .where('p.state', '=', 'APPROVED'),
      ),
    )
    .limit(sql.lit(2)),
)

/**
 * Whether exactly one affiliate in good standing, approved by the member, has the text in what names it.
 * @throws `refused` for parameters that are missing, too short or unknown, in the order in which MLDS looks at them
 */
export async function checkAffiliate(store: Pick<Store, 'read'>, input: CheckInput): Promise<boolean> {
  const { member = '', affiliateId = '' } = input
  const given = input.match ?? ''
  const match = given.trim()
  if (member.trim() === '') throw failure('refused', 'Missing mandatory parameter: member')
  if (match === '') throw failure('refused', 'Missing mandatory parameter: match')
  if (match.length < shortest) {
    throw failure('refused', `Match parameter value: '${given}' was shorter than the minimum length: ${shortest}`)
  }
  await requireMember(store, member)
  const id = affiliateId.trim()
  if (id !== '' && !/^\d{1,18}$/.test(id)) return false
  return (await store.read(matching, { member, match, id: id === '' ? null : id })).length === 1
}
