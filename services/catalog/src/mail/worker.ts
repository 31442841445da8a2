import {
  jitteredBackoff,
  type Statement,
  type Store,
  startWorker,
  type Worker,
  type WorkerOptions,
} from '@slipway/store'
import { type MailTransport, mailConnections } from './transport.ts'

export type MailWorkerOptions = {
  readonly store: Store
  readonly transport: MailTransport
  readonly log: WorkerOptions<unknown>['log']
  /** Milliseconds that one try may take; a mail of a process that died is tried again after that. Default 90,000. */
  readonly leaseMs?: number
  /** Milliseconds until the second, third, … try. Default: from 15 seconds to one hour, half of it random. */
  readonly backoffMs?: (attempt: number) => number
}

/** What is not delivered by then would only confuse. */
export const mailDays = 3

type DueMail = {
  readonly id: string
  readonly recipient: string
  readonly subject: string
  readonly html: string
  readonly attempts: number
  readonly leasedUntil: string
  readonly tooOld: boolean
}

const take: Statement = {
  name: 'mail.take',
  text: `
    update mail m set leased_until = clock_timestamp() + $2 * interval '1 millisecond'
    from (
      select mail_id from mail
      where state = 'queued' and greatest(due_at, leased_until) <= clock_timestamp()
      order by greatest(due_at, leased_until) limit $1
      for update skip locked
    ) due
    where m.mail_id = due.mail_id
    returning m.mail_id as id, m.recipient, m.subject, m.html, m.attempts, m.leased_until as "leasedUntil",
      m.created_at < now() - ${mailDays} * interval '1 day' as "tooOld"`,
}
const next: Statement = {
  name: 'mail.next',
  text: `
    select (extract(epoch from min(greatest(due_at, leased_until)) - clock_timestamp()) * 1000)::float8 as ms
    from mail where state = 'queued'`,
}
/** Only by who holds the lease: another replica may have taken the mail over. */
const settle: Statement = {
  name: 'mail.settle',
  text: `
    update mail set state = $3, last_error = $4, attempts = attempts + $5, html = null, leased_until = null, settled_at = clock_timestamp()
    where mail_id = $1 and leased_until = $2`,
}
const postpone: Statement = {
  name: 'mail.postpone',
  text: `
    update mail set
      due_at = clock_timestamp() + $3 * interval '1 millisecond', last_error = $4, attempts = attempts + 1,
      leased_until = null
    where mail_id = $1 and leased_until = $2`,
}

/**
 * Sends what is in the queue, on any number of replicas. A mail counts as sent from the moment in which the server took
 * it; only a crash between that moment and the note of it sends one twice, under the same `Message-ID`.
 */
export function startMailWorker(options: MailWorkerOptions): Worker {
  const { store, transport, log, leaseMs = 90_000 } = options
  const backoffMs = options.backoffMs ?? jitteredBackoff({ baseMs: 15_000, maxMs: 3_600_000 })

  async function send(mail: DueMail): Promise<void> {
    const { id } = mail
    // Counted when it has ended: a process that dies in the middle makes no pause longer. What kills every process that
    // sends it ends like all others after some days.
    const attempts = mail.attempts + 1
    const lease = [id, mail.leasedUntil]
    if (mail.tooOld)
      return void (await store.write(settle, [...lease, 'failed', `not delivered in ${mailDays} days`, 0]))
    const failed = await transport.send({ ...mail, messageId: `<${id}@slipway>` })
    if (!failed) return void (await store.write(settle, [...lease, 'sent', null, 1]))
    log.warn({ mail: id, attempt: attempts, permanent: failed.permanent, error: failed.text }, 'a mail was not taken')
    if (failed.permanent) await store.write(settle, [...lease, 'failed', failed.text, 1])
    else await store.write(postpone, [...lease, backoffMs(attempts), failed.text])
    // The worker sleeps until the next due time that it knew of.
    worker.kick()
  }

  const worker = startWorker<DueMail>({
    name: 'mail',
    take: limit => store.write<DueMail>(take, [limit, leaseMs]),
    handle: send,
    async next() {
      const [row] = await store.read<{ ms: number | null }>(next)
      return row?.ms ?? null
    },
    concurrency: mailConnections,
    pollMs: 1_000,
    log,
  })
  return worker
}
