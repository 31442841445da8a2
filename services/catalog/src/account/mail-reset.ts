import type { KnownAccount } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { html } from '../mail/html.ts'
import { type Texts, textsFor } from '../mail/languages.ts'
import { enqueueMails } from '../mail/queue.ts'

type ResetText = { readonly subject: string; body(name: string, login: string, link: string): string }
const resetTexts: Texts<ResetText> = {
  en: {
    subject: 'Set a new password',
    body: (name, login, link) => html`
      <p>Dear ${name},</p>
      <p>somebody, probably you, asked for a new password of ${login}. You can set it here, once and within an hour:</p>
      <p><a href="${link}">${link}</a></p>
      <p>If it was not you, there is nothing to do.</p>`,
  },
}

/** Mails the key to the owner of an account; nobody without an address, and where links have nothing to begin with. */
export async function mailReset(
  tx: Queryable,
  account: KnownAccount,
  baseUrl: string | undefined,
  key: string,
): Promise<void> {
  const { login, first_name, last_name, email, lang_key } = account
  if (!email || baseUrl === undefined) return
  const { subject, body } = textsFor(resetTexts, lang_key)
  const name = [first_name, last_name].filter(Boolean).join(' ') || login
  const link = `${baseUrl}/#/resetPassword?token=${encodeURIComponent(key)}`
  await enqueueMails(tx, [{ recipient: email, subject, html: body(name, login, link), login: login.toLowerCase() }])
}
