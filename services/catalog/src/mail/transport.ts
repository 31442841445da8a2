import { createTransport } from 'nodemailer'

export type OutgoingMail = {
  /** The same at each try, so that a mail that arrives twice can be recognised. */
  readonly messageId: string
  readonly recipient: string
  readonly subject: string
  readonly html: string
}

/** Why a mail could not be handed over. `permanent`: the server refuses this mail, and will do so again. */
export type MailFailure = { readonly permanent: boolean; readonly text: string }

export type MailTransport = {
  /** Undefined: the server has the mail. Never throws. */
  send(mail: OutgoingMail): Promise<MailFailure | undefined>
  close(): void
}

export type MailTransportOptions = {
  /** `smtp://user:password@host:587`, or `smtps:` for TLS from the beginning. */
  readonly url: string
  /** `Releases <releases@example.org>` */
  readonly from: string
}

const limits = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 10_000 }
/** Connections to the server at the same time. */
export const mailConnections = 4

/** Hands mails to an SMTP server, over a few connections that stay open while there is something to send. */
export function smtpTransport({ url, from }: MailTransportOptions): MailTransport {
  const server = new URL(url)
  const transport = createTransport({
    pool: true,
    maxConnections: mailConnections,
    host: server.hostname.replaceAll(/^\[|\]$/g, ''),
    port: Number(server.port) || (server.protocol === 'smtps:' ? 465 : 25),
    secure: server.protocol === 'smtps:',
    ...(server.username !== '' && {
      auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) },
    }),
    ...limits,
    // Mails are made here: nothing in them may be read from files or addresses.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ messageId, recipient, subject, html }) {
      try {
        // An object, so that an address list does not become several recipients.
        await transport.sendMail({ messageId, from, to: { name: '', address: recipient }, subject, html })
        return undefined
      } catch (error) {
        return describe(error as NodeJS.ErrnoException & { responseCode?: number })
      }
    },
    close: () => transport.close(),
  }
}

/** 5xx about the mail or its recipient is final; about the login it may only need another password. */
function describe({ code, responseCode = 0, message }: NodeJS.ErrnoException & { responseCode?: number }): MailFailure {
  const permanent = responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return { permanent, text: message.slice(0, 1_000) }
}
