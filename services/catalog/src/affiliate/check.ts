import { failure } from '@slipway/contracts'
import type { Statement, Store } from '@slipway/store'
import { requireMember } from '../member/unknown-member.ts'

/** Shorter texts would match by accident. */
const shortest = 3

export type CheckInput = {
  readonly member?: string | undefined
  readonly match?: string | undefined
  readonly affiliateId?: string | undefined
}

const matching: Statement = {
  name: 'affiliate.check',
  text: `
    select a.affiliate_id from affiliate a
    where a.standing = 'IN_GOOD_STANDING' and position(lower($2) in a.checked_text) > 0
      and ($3::bigint is null or a.affiliate_id = $3)
      and exists (
        select from application p where p.affiliate_id = a.affiliate_id and p.member = $1 and p.state = 'APPROVED'
      )
    limit 2`,
}

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
  return (await store.read(matching, [member, match, id === '' ? null : id])).length === 1
}
