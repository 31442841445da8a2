import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { MailTransport } from './transport.ts'

export type OutboxOptions = {
  /** Made if it is missing; its files are for its owner only, for mails hold keys. */
  readonly folder: string
  /** `Releases <releases@example.org>` */
  readonly from: string
}

/**
 * Keeps mails as files instead of sending them, where there is no mail server: `<id>.eml`, by the part of the message id in
 * front of its `@`. A mail that is handed over again replaces its file.
 */
export function outboxTransport({ folder, from }: OutboxOptions): MailTransport {
  const composer = createTransport({
    streamTransport: true,
    buffer: true,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ messageId, recipient, subject, html }) {
      try {
        const { message } = await composer.sendMail({
          messageId,
          from,
          to: { name: '', address: recipient },
          subject,
          html,
        })
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const [id = ''] = messageId.split('@')
        const file = join(folder, `${id.replaceAll(/[^\w-]/g, '')}.eml`)
        // Whoever looks into the folder sees whole mails only.
        await writeFile(`${file}.${process.pid}`, message, { mode: 0o600 })
        await rename(`${file}.${process.pid}`, file)
        return undefined
      } catch (error) {
        return { permanent: false, text: (error as Error).message.slice(0, 1_000) }
      }
    },
    close: () => composer.close(),
  }
}
