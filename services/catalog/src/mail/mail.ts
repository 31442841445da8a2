import type { Store, Worker, WorkerOptions } from '@slipway/store'
import { startMailPurge } from './purge.ts'
import { smtpTransport } from './transport.ts'
import { startMailWorker } from './worker.ts'

export type MailOptions = {
  readonly store: Store
  readonly log: WorkerOptions<unknown>['log']
  /** Undefined: mails stay in the queue until a server is configured, or they are too old. */
  readonly url: string | undefined
  readonly from: string
}

/** Sends mails as long as it runs. */
export async function startMail({ store, log, url, from }: MailOptions): Promise<Pick<Worker, 'stop'>> {
  const purge = startMailPurge(store, log)
  if (url === undefined) {
    log.info('no mail server is configured (MAIL_URL); mails wait')
    return purge
  }
  const transport = smtpTransport({ url, from })
  const worker = startMailWorker({ store, transport, log })
  return {
    async stop() {
      await Promise.all([worker.stop(), purge.stop()])
      transport.close()
    },
  }
}
