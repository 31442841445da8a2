import type { Store, Worker, WorkerOptions } from '@slipway/store'
import { outboxTransport } from './outbox.ts'
import { startMailPurge } from './purge.ts'
import { smtpTransport } from './transport.ts'
import { startMailWorker } from './worker.ts'

export type MailOptions = {
  readonly store: Store
  readonly log: WorkerOptions<unknown>['log']
  readonly url: string | undefined
  /** Where mails are kept if there is no server. Neither: they stay in the queue until there is one, or they are too old. */
  readonly folder: string | undefined
  readonly from: string
}

/** Sends mails as long as it runs. */
export async function startMail({ store, log, url, folder, from }: MailOptions): Promise<Pick<Worker, 'stop'>> {
  const purge = startMailPurge(store, log)
  const transport =
    url !== undefined ? smtpTransport({ url, from }) : folder !== undefined && outboxTransport({ folder, from })
  if (!transport) {
    log.info('no mail server is configured (MAIL_URL), nor a folder (MAIL_FOLDER); mails wait')
    return purge
  }
  const worker = startMailWorker({ store, transport, log })
  return {
    async stop() {
      await Promise.all([worker.stop(), purge.stop()])
      transport.close()
    },
  }
}
