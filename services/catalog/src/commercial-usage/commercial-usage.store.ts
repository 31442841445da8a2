import type { AffiliateType, UsageContext, UsageState } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'

type ById = { readonly id: number }

const affiliateOfUsage = prepare<ById>()('commercial-usage.affiliate', (db, p) =>
  db.selectFrom('commercial_usage').select('affiliate_id').where('commercial_usage_id', '=', p.id),
)

type Period = { readonly startDate: string; readonly endDate: string }
const toContinue = prepare<Period & { affiliate: number }>()('commercial-usage.to-continue', (db, p) =>
  db
    .selectFrom('commercial_usage')
    .select(eb => [
      'commercial_usage_id',
      eb
        .and([eb('start_date', '=', p.startDate), eb('end_date', '=', p.endDate)])
        .$castTo<boolean>()
        .as('same'),
    ])
    .where('affiliate_id', '=', p.affiliate)
    .where('effective_to', 'is', null)
    .orderBy('same', 'desc')
    .orderBy('end_date', 'desc')
    .orderBy('commercial_usage_id', 'desc')
    .limit(sql.lit(1)),
)
type New = Period & { readonly affiliate: number; readonly type: AffiliateType | null }
const insert = prepare<New>()('commercial-usage.insert', (db, p) =>
  db
    .insertInto('commercial_usage')
    .values({ affiliate_id: p.affiliate, type: p.type, start_date: p.startDate, end_date: p.endDate })
    .returning('commercial_usage_id'),
)

type Copy = ById & Partial<Period> & { readonly state: UsageState }
/** A copy for a period, with everything in it; the note stays behind, for it was about the other one. */
const copy = prepare<Copy>()('commercial-usage.copy', (db, p) =>
  db
    .with('made', q =>
      q
        .insertInto('commercial_usage')
        .columns(['affiliate_id', 'type', 'start_date', 'end_date', 'state', 'context'])
        .expression(r =>
          r
            .selectFrom('commercial_usage')
            .select([
              'affiliate_id',
              'type',
              sql`coalesce(${p.startDate}::date, start_date)`.as('start_date'),
              sql`coalesce(${p.endDate}::date, end_date)`.as('end_date'),
              p.state.as('state'),
              'context',
            ])
            .where('commercial_usage_id', '=', p.id),
        )
        .returning('commercial_usage_id'),
    )
    .with('entries', q =>
      q
        .insertInto('commercial_usage_entry')
        .columns(['commercial_usage_id', 'name', 'note', 'start_date', 'end_date', 'country'])
        .expression(r =>
          r
            .selectFrom(['commercial_usage_entry as e', 'made'])
            .select(['made.commercial_usage_id', 'e.name', 'e.note', 'e.start_date', 'e.end_date', 'e.country'])
            .where('e.commercial_usage_id', '=', p.id)
            .orderBy('e.commercial_usage_entry_id'),
        ),
    )
    .with('countries', q =>
      q
        .insertInto('commercial_usage_country')
        .columns(['commercial_usage_id', 'country', 'notes', 'counts'])
        .expression(r =>
          r
            .selectFrom(['commercial_usage_country as c', 'made'])
            .select(['made.commercial_usage_id', 'c.country', 'c.notes', 'c.counts'])
            .where('c.commercial_usage_id', '=', p.id)
            .orderBy('c.commercial_usage_count_id'),
        ),
    )
    .selectFrom('made')
    .select('commercial_usage_id'),
)
const retract = prepare<ById>()('commercial-usage.retract', (db, p) =>
  db
    .updateTable('commercial_usage')
    .set({ effective_to: sql`clock_timestamp()` })
    .where('commercial_usage_id', '=', p.id),
)
const replace = prepare<ById & { made: number }>()('commercial-usage.replace', (db, p) =>
  db.updateTable('application').set({ commercial_usage_id: p.made }).where('commercial_usage_id', '=', p.id),
)
const saveState = prepare<ById & { state: UsageState; submits: boolean }>()('commercial-usage.save-state', (db, p) =>
  db
    .updateTable('commercial_usage')
    .set(eb => ({
      state: p.state,
      submitted_at: eb.case().when(p.submits).then(eb.fn<string>('now')).else(eb.ref('submitted_at')).end(),
    }))
    .where('commercial_usage_id', '=', p.id),
)
const saveContext = prepare<ById & { context: UsageContext }>()('commercial-usage.save-context', (db, p) =>
  db.updateTable('commercial_usage').set({ context: p.context }).where('commercial_usage_id', '=', p.id),
)
const saveType = prepare<ById & { type: AffiliateType }>()('commercial-usage.save-type', (db, p) =>
  db.updateTable('commercial_usage').set({ type: p.type }).where('commercial_usage_id', '=', p.id),
)
const savePeriod = prepare<Period & { login: string }>()('commercial-usage.save-period', (db, p) =>
  db
    .updateTable('commercial_usage as u')
    .from('application as p')
    .innerJoin('affiliate as a', 'a.affiliate_id', 'p.affiliate_id')
    .set({ start_date: p.startDate, end_date: p.endDate })
    .where('a.creator', '=', p.login)
    .where('p.application_type', '=', 'PRIMARY')
    .whereRef('u.commercial_usage_id', '=', 'p.commercial_usage_id')
    .where('u.state', '=', 'NOT_SUBMITTED')
    .where(eb =>
      eb(
        eb
          .selectFrom('commercial_usage as o')
          .select(eb.fn.countAll<number>().as('count'))
          .whereRef('o.affiliate_id', '=', 'a.affiliate_id'),
        '=',
        1,
      ),
    ),
)

/** The affiliate whose report it is. */
export async function affiliateOfReport(read: Queryable['query'], id: number): Promise<number | undefined> {
  const [row] = await read(affiliateOfUsage, { id })
  return row?.affiliate_id
}

/** The report of a period of a locked affiliate: the one that there is, or one made of the latest one, or an empty one. */
export async function beginReport(
  tx: Queryable,
  affiliateId: number,
  type: AffiliateType | null,
  startDate: string,
  endDate: string,
): Promise<{ id: number; made: boolean }> {
  const period = { startDate, endDate }
  const [last] = await tx.query(toContinue, { ...period, affiliate: affiliateId })
  if (last?.same) return { id: last.commercial_usage_id, made: false }
  const [made] = last
    ? await tx.query(copy, { ...period, id: last.commercial_usage_id, state: 'NOT_SUBMITTED' })
    : await tx.query(insert, { ...period, affiliate: affiliateId, type })
  return { id: made?.commercial_usage_id as number, made: true }
}

/** Ends a report, and puts another one of the same content in its place, which can be changed again. Its id. */
export async function retractReport(tx: Queryable, id: number): Promise<number> {
  await tx.query(retract, { id })
  const [copied] = await tx.query(copy, { id, state: 'CHANGE_REQUESTED' })
  const made = copied?.commercial_usage_id as number
  await tx.query(replace, { id, made })
  return made
}

export async function saveReportState(tx: Queryable, id: number, state: UsageState, submits: boolean): Promise<void> {
  await tx.query(saveState, { id, state, submits })
}

export async function saveReportContext(tx: Queryable, id: number, context: UsageContext): Promise<void> {
  await tx.query(saveContext, { id, context })
}

export async function saveReportType(tx: Queryable, id: number, type: AffiliateType): Promise<void> {
  await tx.query(saveType, { id, type })
}

/** The period that somebody chose who registers, while the report is the only one and still to be submitted. */
export async function setFirstPeriod(tx: Queryable, login: string, startDate: string, endDate: string): Promise<void> {
  await tx.query(savePeriod, { login, startDate, endDate })
}
