import type { Queryable, Statement } from '@slipway/store'

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

const enqueue: Statement = {
  name: 'mail.enqueue',
  text: `
    insert into mail (notification_id, login, recipient, subject, html)
    select notification_id, login, recipient, subject, html
    from json_to_recordset($1::json) as new(
      notification_id bigint, login text, recipient text, subject text, html text
    )
    on conflict on constraint mail_once do nothing`,
}

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
  await tx.query(enqueue, [JSON.stringify(rows)])
}
