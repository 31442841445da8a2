import type { ApprovalState } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'
import { affiliateOwnColumns, applicationColumns } from '../affiliate/affiliate.store.ts'
import type { AffiliateRow, ApplicationRow } from '../affiliate/affiliate.ts'
import type { Details } from '../affiliate/affiliate-details.ts'
import { firstDay, lastDay } from '../commercial-usage/usages-of.ts'

export type KeptAffiliate = Omit<AffiliateRow, 'usages'> & {
  /** Of the primary application; null: there is none. */
  readonly primary_state: ApprovalState | null
}
type Made = Omit<AffiliateRow, 'usages'>

/** One import after another: of two that bring the same key, the second one finds what the first one made. */
const lock: Statement = {
  name: 'affiliate-import.lock',
  text: `select pg_advisory_xact_lock(hashtext('affiliate-import'))`,
}
const kept: Statement = {
  name: 'affiliate-import.kept',
  text: `
    select ${affiliateOwnColumns('a')},
      (select state from application where affiliate_id = a.affiliate_id and application_type = 'PRIMARY')
        as primary_state
    from affiliate a
    where (a.home_member, a.import_key) in (select member, key from unnest($1::text[], $2::text[]) as given(member, key))
      or (a.affiliate_id = any($3::bigint[]) and a.import_key is null)
    order by a.affiliate_id for update`,
}
const withId = `|| jsonb_build_object('affiliateDetailsId', nextval('entity_id'))`
/** An application by nobody: its login comes with the account that is made for the affiliate. */
const applied = (type: 'PRIMARY' | 'IMPORT', username: string, usage: string) => `
  insert into application as p (application_type, affiliate_id, username, member, state, submitted_at, completed_at,
    details, commercial_usage_id)
  select '${type}', affiliate_id, ${username}, home_member, 'APPROVED', now(), now(), details ${withId}, ${usage}
  from made order by affiliate_id
  returning ${applicationColumns('p')}`
const answer = `
  select (select row_to_json(one) from (select ${affiliateOwnColumns('made')}) one) as affiliate,
    (select row_to_json(one) from (select ${applicationColumns('applied')}) one) as application
  from made join applied on applied.affiliate_id = made.affiliate_id order by made.affiliate_id`
const insert: Statement = {
  name: 'affiliate-import.insert',
  text: `
    with made as (
      insert into affiliate as a (import_key, home_member, standing, details)
      select import_key, home_member, 'IN_GOOD_STANDING', details ${withId}
      from json_to_recordset($1) as given(import_key text, home_member text, details jsonb)
      returning *
    ), usage as (
      insert into commercial_usage (affiliate_id, type, start_date, end_date)
      select affiliate_id, details ->> 'type', ${firstDay}, ${lastDay} from made order by affiliate_id
      returning affiliate_id, commercial_usage_id
    ), applied as (${applied('PRIMARY', `''`, '(select commercial_usage_id from usage where usage.affiliate_id = made.affiliate_id)')}
    ) ${answer}`,
}
/** What people are called and where they are written to follows the details of their affiliate. */
const update: Statement = {
  name: 'affiliate-import.update',
  text: `
    with made as (
      update affiliate a set details = given.details, seq = seq + 1
      from json_to_recordset($1) as given(affiliate_id bigint, details jsonb)
      where a.affiliate_id = given.affiliate_id
      returning a.*
    ), followed as (
      update account_profile set first_name = made.details ->> 'firstName', last_name = made.details ->> 'lastName',
        email = made.details ->> 'email'
      from made where login = made.creator
    ), applied as (${applied('IMPORT', `coalesce(creator, '')`, 'null')}
    ) ${answer}`,
}

export type Imported = { readonly affiliate: Made; readonly application: ApplicationRow }

export async function lockImports(tx: Queryable): Promise<void> {
  await tx.query(lock)
}

/** The affiliates of these keys within their members, and those of these ids that never had a key; all locked. */
export function keptAffiliates(
  tx: Queryable,
  keys: readonly { readonly member: string; readonly key: string }[],
  ids: readonly number[],
): Promise<KeptAffiliate[]> {
  return tx.query<KeptAffiliate>(kept, [keys.map(({ member }) => member), keys.map(({ key }) => key), ids])
}

export type NewAffiliate = { readonly import_key: string; readonly home_member: string; readonly details: Details }

/** Makes affiliates with an approved primary application and the usage report of the current year. */
export function insertImported(tx: Queryable, affiliates: readonly NewAffiliate[]): Promise<Imported[]> {
  return tx.query<Imported>(insert, [JSON.stringify(affiliates)])
}

export type ChangedAffiliate = { readonly affiliate_id: number; readonly details: Details }

/** Changes locked affiliates, each with an application that tells what was taken in. */
export function updateImported(tx: Queryable, affiliates: readonly ChangedAffiliate[]): Promise<Imported[]> {
  return tx.query<Imported>(update, [JSON.stringify(affiliates)])
}
