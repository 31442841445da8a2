import { type Expression, expressionBuilder, sql } from 'kysely'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

/** What is not delivered by then would only confuse. */
export const mailDays = 3

export type DueMail = {
  readonly id: string
  readonly recipient: string
  readonly subject: string
  readonly html: string
  readonly attempts: number
  readonly leasedUntil: string
  readonly tooOld: boolean
}

const eb = expressionBuilder<Database, 'mail'>()
const clock = sql<string>`clock_timestamp()`
const dueAt = eb.fn<string>('greatest', ['due_at', 'leased_until'])
const inMs = (ms: Expression<number>) => sql<string>`clock_timestamp() + ${ms} * interval '1 millisecond'`

/** Mails that are due, leased to who asks. */
export const take = prepare<{ limit: number; leaseMs: number }>()('mail.take', (db, p) =>
  db
    .updateTable('mail as m')
    .from(q =>
      q
        .selectFrom('mail')
        .select('mail_id')
        .where('state', '=', 'queued')
        .where(dueAt, '<=', clock)
        .orderBy(dueAt)
        .limit(p.limit)
        .forUpdate()
        .skipLocked()
        .as('due'),
    )
    .set({ leased_until: inMs(p.leaseMs) })
    .whereRef('m.mail_id', '=', 'due.mail_id')
    .returning(q => [
      'm.mail_id as id',
      'm.recipient',
      'm.subject',
      q.ref('m.html').$notNull().as('html'),
      'm.attempts',
      q.ref('m.leased_until').$notNull().as('leasedUntil'),
      sql<boolean>`${q.ref('m.created_at')} < now() - ${sql.lit(mailDays)} * interval '1 day'`.as('tooOld'),
    ]),
)

/** Milliseconds until the next one is due. */
export const next = prepare()('mail.next', db =>
  db
    .selectFrom('mail')
    .select(sql<number | null>`(extract(epoch from min(${dueAt}) - clock_timestamp()) * 1000)::float8`.as('ms'))
    .where('state', '=', 'queued'),
)

type Lease = { readonly id: string; readonly leasedUntil: string }

type Settled = Lease & {
  readonly state: 'sent' | 'failed'
  readonly error: string | null
  /** That are to be counted. */
  readonly attempts: number
}
/** Only by who holds the lease: another replica may have taken the mail over. */
export const settle = prepare<Settled>()('mail.settle', (db, p) =>
  db
    .updateTable('mail')
    .set(q => ({
      state: p.state,
      last_error: p.error,
      attempts: q('attempts', '+', p.attempts),
      html: null,
      leased_until: null,
      settled_at: clock,
    }))
    .where('mail_id', '=', p.id)
    .where('leased_until', '=', p.leasedUntil),
)

export const postpone = prepare<Lease & { error: string; afterMs: number }>()('mail.postpone', (db, p) =>
  db
    .updateTable('mail')
    .set(q => ({
      due_at: inMs(p.afterMs),
      last_error: p.error,
      attempts: q('attempts', '+', 1),
      leased_until: null,
    }))
    .where('mail_id', '=', p.id)
    .where('leased_until', '=', p.leasedUntil),
)
