import { failure } from '@slipway/contracts'
import { parametersOf, type Store } from '@slipway/store'
import { expressionBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'
import { affiliateColumns, applications } from './columns.ts'
import {
  type ListGrammar,
  type ListRequest,
  type MldsParameters,
  type PageParameters,
  pageOf,
  readList,
  statementsByOrder,
} from './query.ts'

const eb = expressionBuilder<Database & { a: Database['affiliate'] }, 'a'>()

const detail = (name: 'firstName' | 'lastName' | 'agreementType' | 'email') =>
  sql`${eb.ref('a.details')} ->> ${sql.lit(name)}`
const country = eb
  .selectFrom('country as c')
  .select('c.common_name')
  .where('c.iso_code2', '=', sql<string>`${eb.ref('a.details')} #>> '{address,country}'`)

const grammar: ListGrammar<'members' | 'standings' | 'other_standings'> = {
  filters: [
    { pattern: /^homeMember eq '(\w+)'$/, name: 'members', kind: 'member' },
    { pattern: /^standingState eq '(\w+)'$/, name: 'standings', kind: 'standing' },
    { pattern: /^not standingState eq '(\w+)'$/, name: 'other_standings', kind: 'standing' },
  ],
  orders: {
    affiliateId: [eb.ref('a.affiliate_id')],
    name: [detail('firstName'), detail('lastName')],
    agreementType: [detail('agreementType')],
    standingState: [eb.ref('a.standing')],
    homeCountry: [country],
    member: [eb.ref('a.home_member')],
    email: [detail('email')],
  },
}

type Names = 'members' | 'standings' | 'other_standings' | 'words'
type Values = ListRequest<Names>['values']

const where = parametersOf<Values>()
/** Every word must be found somewhere in who an affiliate is, in its login, or in its home member. */
const isWanted = eb.and([
  sql<SqlBool>`${eb.ref('a.home_member')} = all(${where.members}::text[])`,
  sql<SqlBool>`${eb.ref('a.standing')} = all(${where.standings}::text[])`,
  sql<SqlBool>`${eb.ref('a.standing')} <> all(${where.other_standings}::text[])`,
  sql<SqlBool>`not exists (
    select from unnest(${where.words}::text[]) word
    where position(lower(word) in ${eb.ref('a.checked_text')} || ' ' || coalesce(${eb.ref('a.creator')}, '') || ' '
      || lower(${eb.ref('a.home_member')})) = 0
  )`,
])
/** Each is looked for in every affiliate. */
const maxWords = 100

const rows = statementsByOrder('affiliate.list', grammar, eb.ref('a.affiliate_id'), (name, order) =>
  prepare<Values & PageParameters>()(name, (db, p) =>
    db
      .selectFrom('affiliate as a')
      .select([...affiliateColumns('a'), applications])
      .where(isWanted)
      .orderBy(order)
      .limit(p.limit)
      .offset(p.offset),
  ),
)
const count = prepare<Values>()('affiliate.count', db =>
  db
    .selectFrom('affiliate as a')
    .select(q => q.fn.countAll<number>().as('total'))
    .where(isWanted),
)

/** The request for a page of affiliates. @throws `refused` */
export function readAffiliateList(query: MldsParameters): ListRequest<Names> {
  const request = readList(query, grammar)
  const words = (query.q?.at(-1) ?? '').split(/\s+/).filter(word => word !== '')
  if (words.length > maxWords) throw failure('refused', `q: more than ${maxWords} words`)
  return { ...request, values: { ...request.values, words } }
}

/** A page of affiliates, and how many there are over all pages. */
export async function listAffiliates(store: Pick<Store, 'read'>, request: ListRequest<Names>) {
  const { values, order, pageSize } = request
  const [affiliates, [counted]] = await Promise.all([
    store.read(rows(order), { ...values, ...pageOf(request) }),
    store.read(count, values),
  ])
  const totalResults = counted?.total ?? 0
  return { affiliates, totalResults, totalPages: Math.ceil(totalResults / pageSize) }
}
