import { expressionBuilder } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { usagesOf } from '../commercial-usage/usages-of.ts'
import type { Database } from '../database.ts'
import type { StoredDetails } from './affiliate-details.ts'

/** The names that statements have for the rows. */
type Rows = {
  a: Database['affiliate']
  made: Database['affiliate']
  p: Database['application']
  applied: Database['application']
}
const eb = expressionBuilder<Database & Rows, keyof Rows | 'affiliate' | 'application'>()

/** Of an affiliate, without its usage reports. */
export const affiliateOwnColumns = (name: 'a' | 'affiliate' | 'made') =>
  [
    eb.ref(`${name}.affiliate_id`).as('affiliate_id'),
    eb.ref(`${name}.seq`).as('seq'),
    eb.ref(`${name}.created_at`).as('created_at'),
    eb.ref(`${name}.creator`).as('creator'),
    eb.ref(`${name}.import_key`).as('import_key'),
    eb.ref(`${name}.home_member`).as('home_member'),
    eb.ref(`${name}.standing`).as('standing'),
    eb.ref(`${name}.details`).$castTo<StoredDetails>().as('details'),
    eb.ref(`${name}.notes_internal`).as('notes_internal'),
  ] as const

/** Of an affiliate with its usage reports. */
export const affiliateColumns = (name: 'a' | 'affiliate') => [...affiliateOwnColumns(name), usagesOf(name)] as const

export const applicationColumns = (name: 'p' | 'application' | 'applied') =>
  [
    eb.ref(`${name}.application_id`).as('application_id'),
    eb.ref(`${name}.seq`).as('seq'),
    eb.ref(`${name}.application_type`).as('application_type'),
    eb.ref(`${name}.affiliate_id`).as('affiliate_id'),
    eb.ref(`${name}.username`).as('username'),
    eb.ref(`${name}.member`).as('member'),
    eb.ref(`${name}.state`).as('state'),
    eb.ref(`${name}.created_at`).as('created_at'),
    eb.ref(`${name}.submitted_at`).as('submitted_at'),
    eb.ref(`${name}.completed_at`).as('completed_at'),
    eb.ref(`${name}.details`).$castTo<StoredDetails>().as('details'),
    eb.ref(`${name}.notes_internal`).as('notes_internal'),
    eb.ref(`${name}.reason`).as('reason'),
    eb.ref(`${name}.snomed_license`).as('snomed_license'),
    eb.ref(`${name}.commercial_usage_id`).as('commercial_usage_id'),
  ] as const

/** All applications of an affiliate `a`, as JSON. */
export const applications = jsonArrayFrom(
  eb
    .selectFrom('application as p')
    .select(applicationColumns('p'))
    .whereRef('p.affiliate_id', '=', 'a.affiliate_id')
    .orderBy('p.application_id'),
).as('applications')
