import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

export type ReceivedMail = {
  readonly messageId: string
  readonly from: string
  /** Whom the client asked to deliver it to. */
  readonly recipients: readonly string[]
  readonly subject: string
  readonly html: string
}

/** What the server says to a mail: takes it, or refuses it with a code (4xx: for now, 5xx: for good). */
export type MailVerdict = 'take' | { readonly code: number; readonly text: string }

export type MailServer = AsyncDisposable & {
  /** `smtp://127.0.0.1:port` */
  readonly url: string
  readonly mails: readonly ReceivedMail[]
  /** Sets who decides about the recipients of further mails; they wait for it. Default: every mail is taken. */
  decide(verdict: (recipient: string, tries: number) => MailVerdict | Promise<MailVerdict>): void
}

/** A real SMTP server that keeps what it is given. */
export async function mailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const tries = new Map<string, number>()
  let verdictOf: (recipient: string, tries: number) => MailVerdict | Promise<MailVerdict> = () => 'take'
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    disableReverseLookup: true,
    closeTimeout: 100,
    async onRcptTo({ address }, _session, done) {
      const count = (tries.get(address) ?? 0) + 1
      tries.set(address, count)
      const verdict = await verdictOf(address, count)
      done(verdict === 'take' ? null : Object.assign(new Error(verdict.text), { responseCode: verdict.code }))
    },
    onData(stream, { envelope }, done) {
      const recipients = envelope.rcptTo.map(({ address }) => address)
      // A client that dies in the middle has sent no mail.
      receive(stream, recipients).then(mail => {
        mails.push(mail)
        done()
      }, done)
    },
  })
  // Broken connections are part of the game.
  server.on('error', () => {})
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    url: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    mails,
    decide(verdict) {
      verdictOf = verdict
    },
    [Symbol.asyncDispose]: () => new Promise(resolve => server.close(() => resolve())),
  }
}

async function receive(stream: Readable, recipients: readonly string[]): Promise<ReceivedMail> {
  const { messageId = '', from, subject = '', html = '' } = await PostalMime.parse(await buffer(stream))
  return { messageId, from: from?.address ?? '', recipients, subject, html }
}
