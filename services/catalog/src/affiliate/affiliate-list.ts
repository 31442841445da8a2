import { failure } from '@slipway/contracts'
import { namedStatement, type Store, valuesOf } from '@slipway/store'
import { type AffiliateWithApplications, affiliateColumns, applicationsOf } from './affiliate.store.ts'
import { type ListGrammar, type ListRequest, type MldsParameters, readList, statementsByOrder } from './query.ts'

const grammar: ListGrammar = {
  filters: [
    { pattern: /^homeMember eq '(\w+)'$/, name: 'members', kind: 'member' },
    { pattern: /^standingState eq '(\w+)'$/, name: 'standings', kind: 'standing' },
    { pattern: /^not standingState eq '(\w+)'$/, name: 'other_standings', kind: 'standing' },
  ],
  orders: {
    affiliateId: ['a.affiliate_id'],
    name: [`a.details ->> 'firstName'`, `a.details ->> 'lastName'`],
    agreementType: [`a.details ->> 'agreementType'`],
    standingState: ['a.standing'],
    homeCountry: [`(select c.common_name from country c where c.iso_code2 = a.details #>> '{address,country}')`],
    member: ['a.home_member'],
    email: [`a.details ->> 'email'`],
  },
}

/** Every word must be found somewhere in who an affiliate is, in its login, or in its home member. */
const where = `
  where a.home_member = all(:members::text[]) and a.standing = all(:standings::text[])
    and a.standing <> all(:other_standings::text[])
    and not exists (
      select from unnest(:words::text[]) word
      where position(lower(word) in a.checked_text || ' ' || coalesce(a.creator, '') || ' ' || lower(a.home_member)) = 0
    )`
/** Each is looked for in every affiliate. */
const mostWords = 100

const rows = statementsByOrder(
  'affiliate.list',
  grammar,
  'a.affiliate_id',
  order => `
    select ${affiliateColumns('a')}, ${applicationsOf} as applications
    from affiliate a ${where} order by ${order} limit :page_size offset :skipped`,
)
const count = namedStatement('affiliate.count', `select count(*) as total from affiliate a ${where}`)

/** The request for a page of affiliates. @throws `refused` */
export function readAffiliateList(query: MldsParameters): ListRequest {
  const request = readList(query, grammar)
  const words = (query.q?.at(-1) ?? '').split(/\s+/).filter(word => word !== '')
  if (words.length > mostWords) throw failure('refused', `q: more than ${mostWords} words`)
  return { ...request, values: { ...request.values, words } }
}

/** A page of affiliates, and how many there are over all pages. */
export async function listAffiliates(store: Pick<Store, 'read'>, { values, order, page, pageSize }: ListRequest) {
  const given = { ...values, page_size: pageSize, skipped: page * pageSize }
  const list = rows.get(order) as NonNullable<ReturnType<typeof rows.get>>
  const [affiliates, [counted]] = await Promise.all([
    store.read<AffiliateWithApplications>(list.statement, valuesOf(list, given)),
    store.read<{ total: number }>(count.statement, valuesOf(count, given)),
  ])
  const totalResults = counted?.total ?? 0
  return { affiliates, totalResults, totalPages: Math.ceil(totalResults / pageSize) }
}
