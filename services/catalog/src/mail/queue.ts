import { type Queryable, recordset } from '@slipway/store'
import type { Selectable } from 'kysely'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

export type NewMail = {
  /** Address; one only. */
  readonly recipient: string
  readonly subject: string
  readonly html: string
  /** Account of the recipient, where there is one. */
  readonly login?: string | undefined
  /** A notification sends one mail to each login, however often it is tried. */
  readonly notificationId?: number | undefined
}

const enqueue = prepare<{ mails: string }>()('mail.enqueue', (db, p) => {
  const columns = ['notification_id', 'login', 'recipient', 'subject', 'html'] as const
  const mails = recordset<Pick<Selectable<Database['mail']>, (typeof columns)[number]>>()(p.mails, 'new', {
    notification_id: 'bigint',
    login: 'text',
    recipient: 'text',
    subject: 'text',
    html: 'text',
  })
  return db
    .insertInto('mail')
    .columns(columns)
    .expression(q => q.selectFrom(mails).select(columns))
    .onConflict(known => known.constraint('mail_once').doNothing())
})

/**
 * Puts mails into the queue in the transaction of what they tell of; they leave within a second after it, or when the
 * mail server answers again. A subject is one line.
 */
export async function enqueueMails(tx: Queryable, mails: readonly NewMail[]): Promise<void> {
  if (mails.length === 0) return
  const rows = mails.map(({ recipient, subject, html, login, notificationId }) => ({
    notification_id: notificationId ?? null,
    login: login ?? null,
    recipient,
    subject: subject.replaceAll(/[\r\n]+/g, ' '),
    html,
  }))
  await tx.query(enqueue, { mails: JSON.stringify(rows) })
}
