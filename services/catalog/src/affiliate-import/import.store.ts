import type { ApprovalState } from '@slipway/contracts'
import { type Queryable, recordset, rowJson } from '@slipway/store'
import { type Expression, expressionBuilder, type QueryCreator, type Selectable, type SqlBool, sql } from 'kysely'
import { withId } from '../affiliate/affiliate.store.ts'
import type { AffiliateRow, ApplicationRow } from '../affiliate/affiliate.ts'
import type { Details } from '../affiliate/affiliate-details.ts'
import { affiliateOwnColumns, applicationColumns } from '../affiliate/columns.ts'
import { firstDay, lastDay } from '../commercial-usage/usages-of.ts'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

export type KeptAffiliate = Omit<AffiliateRow, 'usages'> & {
  /** Of the primary application; null: there is none. */
  readonly primary_state: ApprovalState | null
}
type MadeAffiliate = Omit<AffiliateRow, 'usages'>

/** One import after another: of two that bring the same key, the second one finds what the first one made. */
const lock = prepare()('affiliate-import.lock', db =>
  db.selectNoFrom(sql`pg_advisory_xact_lock(hashtext('affiliate-import'))`.as('locked')),
)
type Wanted = { readonly members: readonly string[]; readonly keys: readonly string[]; readonly ids: readonly number[] }
const kept = prepare<Wanted>()('affiliate-import.kept', (db, p) =>
  db
    .selectFrom('affiliate as a')
    .select(affiliateOwnColumns('a'))
    .select(eb =>
      eb
        .selectFrom('application')
        .select('state')
        .whereRef('affiliate_id', '=', 'a.affiliate_id')
        .where('application_type', '=', 'PRIMARY')
        .as('primary_state'),
    )
    .where(eb =>
      eb.or([
        sql<SqlBool>`(${eb.ref('a.home_member')}, ${eb.ref('a.import_key')}) in (
          select member, key from unnest(${p.members}::text[], ${p.keys}::text[]) as given(member, key))`,
        eb.and([eb('a.affiliate_id', '=', eb.fn.any(p.ids)), eb('a.import_key', 'is', null)]),
      ]),
    )
    .orderBy('a.affiliate_id')
    .forUpdate(),
)

type Made = Selectable<Database['affiliate']>
const made = expressionBuilder<{ made: Made; usage: UsageOf }, 'made' | 'usage'>()
type UsageOf = { affiliate_id: number; commercial_usage_id: number }

/** Approved applications for the rows `made`; one by nobody gets its login with the account that is made for the affiliate. */
function applied(
  db: QueryCreator<Database>,
  type: 'PRIMARY' | 'IMPORT',
  username: Expression<string>,
  usage: Expression<number | null>,
) {
  return db
    .insertInto('application')
    .columns([
      'application_type',
      'affiliate_id',
      'username',
      'member',
      'state',
      'submitted_at',
      'completed_at',
      'details',
      'commercial_usage_id',
    ])
    .expression(sql`select ${sql.lit(type)}, ${made.ref('made.affiliate_id')}, ${username}, ${made.ref('made.home_member')},
      'APPROVED', now(), now(), ${withId(made.ref('made.details'))}, ${usage} from made order by affiliate_id`)
    .returning(applicationColumns('application'))
}

/** What was made, with its application. */
const answer = [
  rowJson(affiliateOwnColumns('made')).as('affiliate'),
  rowJson(applicationColumns('applied')).as('application'),
] as const

const insert = prepare<{ rows: string }>()('affiliate-import.insert', (db, p) => {
  const given = recordset<NewAffiliate>()(p.rows, 'given', {
    import_key: 'text',
    home_member: 'text',
    details: 'jsonb',
  })
  const usage = made
    .selectFrom('usage')
    .select('usage.commercial_usage_id')
    .whereRef('usage.affiliate_id', '=', 'made.affiliate_id')
  return db
    .with('made', q =>
      q
        .insertInto('affiliate')
        .columns(['import_key', 'home_member', 'standing', 'details'])
        .expression(r =>
          r
            .selectFrom(given)
            .select(eb => [
              'given.import_key',
              'given.home_member',
              sql.lit('IN_GOOD_STANDING').as('standing'),
              withId(eb.ref('given.details')).as('details'),
            ]),
        )
        .returningAll(),
    )
    .with('usage', q =>
      q
        .insertInto('commercial_usage')
        .columns(['affiliate_id', 'type', 'start_date', 'end_date'])
        .expression(r =>
          r
            .selectFrom('made')
            .select(['affiliate_id', sql`details ->> 'type'`.as('type'), firstDay.as('start'), lastDay.as('end')])
            .orderBy('affiliate_id'),
        )
        .returning(['affiliate_id', 'commercial_usage_id']),
    )
    .with('applied', () => applied(db, 'PRIMARY', sql.lit(''), sql`${usage}`))
    .selectFrom('made')
    .innerJoin('applied', 'applied.affiliate_id', 'made.affiliate_id')
    .select(answer)
    .orderBy('made.affiliate_id')
})
/** What people are called and where they are written to follows the details of their affiliate. */
const update = prepare<{ rows: string }>()('affiliate-import.update', (db, p) => {
  const given = recordset<ChangedAffiliate>()(p.rows, 'given', { affiliate_id: 'bigint', details: 'jsonb' })
  return db
    .with('made', q =>
      q
        .updateTable('affiliate as a')
        .from(given)
        .set(eb => ({ details: eb.ref('given.details'), seq: eb('a.seq', '+', 1) }))
        .whereRef('a.affiliate_id', '=', 'given.affiliate_id')
        .returningAll('a'),
    )
    .with('followed', q =>
      q
        .updateTable('account_profile')
        .from('made')
        .set({
          first_name: sql`made.details ->> 'firstName'`,
          last_name: sql`made.details ->> 'lastName'`,
          email: sql`made.details ->> 'email'`,
        })
        .whereRef('login', '=', 'made.creator'),
    )
    .with('applied', () => applied(db, 'IMPORT', made.fn.coalesce('made.creator', sql.lit('')), sql.lit(null)))
    .selectFrom('made')
    .innerJoin('applied', 'applied.affiliate_id', 'made.affiliate_id')
    .select(answer)
    .orderBy('made.affiliate_id')
})

export type Imported = { readonly affiliate: MadeAffiliate; readonly application: ApplicationRow }

export async function lockImports(tx: Queryable): Promise<void> {
  await tx.query(lock)
}

/** The affiliates of these keys within their members, and those of these ids that never had a key; all locked. */
export function keptAffiliates(
  tx: Queryable,
  keys: readonly { readonly member: string; readonly key: string }[],
  ids: readonly number[],
): Promise<KeptAffiliate[]> {
  return tx.query(kept, { members: keys.map(({ member }) => member), keys: keys.map(({ key }) => key), ids })
}

export type NewAffiliate = { readonly import_key: string; readonly home_member: string; readonly details: Details }

/** Makes affiliates with an approved primary application and the usage report of the current year. */
export function insertImported(tx: Queryable, affiliates: readonly NewAffiliate[]): Promise<Imported[]> {
  return tx.query(insert, { rows: JSON.stringify(affiliates) })
}

export type ChangedAffiliate = { readonly affiliate_id: number; readonly details: Details }

/** Changes locked affiliates, each with an application that tells what was taken in. */
export function updateImported(tx: Queryable, affiliates: readonly ChangedAffiliate[]): Promise<Imported[]> {
  return tx.query(update, { rows: JSON.stringify(affiliates) })
}
