import { jitteredBackoff, type Store, startWorker, type Worker, type WorkerOptions } from '@slipway/store'
import { type DueMail, mailDays, next, postpone, settle, take } from './mail.store.ts'
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
    const lease = { id, leasedUntil: mail.leasedUntil }
    if (mail.tooOld) {
      const error = `not delivered in ${mailDays} days`
      return void (await store.write(settle, { ...lease, state: 'failed', error, attempts: 0 }))
    }
    const failed = await transport.send({ ...mail, messageId: `<${id}@slipway>` })
    if (!failed) return void (await store.write(settle, { ...lease, state: 'sent', error: null, attempts: 1 }))
    log.warn({ mail: id, attempt: attempts, permanent: failed.permanent, error: failed.text }, 'a mail was not taken')
    const error = failed.text
    if (failed.permanent) await store.write(settle, { ...lease, state: 'failed', error, attempts: 1 })
    else await store.write(postpone, { ...lease, error, afterMs: backoffMs(attempts) })
    // The worker sleeps until the next due time that it knew of.
    worker.kick()
  }

  const worker = startWorker<DueMail>({
    name: 'mail',
    take: limit => store.write(take, { limit, leaseMs }),
    handle: send,
    async next() {
      const [row] = await store.read(next)
      return row?.ms ?? null
    },
    concurrency: mailConnections,
    pollMs: 1_000,
    log,
  })
  return worker
}
