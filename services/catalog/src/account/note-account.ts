import type { KnownAccount } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { saveAffiliate } from '../affiliate/affiliate.store.ts'
import { ensureAffiliate, renewAffiliate } from '../affiliate/ensure-affiliate.ts'
import { type Cause, giveLogin } from '../affiliate/give-login.ts'
import { homeMemberAmong } from '../affiliate/licensee.ts'
import { html } from '../mail/html.ts'
import { type Texts, textsFor } from '../mail/languages.ts'
import { enqueueMails } from '../mail/queue.ts'
import { noteProfile } from './account.store.ts'

type ActivationText = { readonly subject: string; body(name: string, link: string): string }
const activationTexts: Texts<ActivationText> = {
  en: {
    subject: 'Activate your account',
    body: (name, link) => html`
      <p>Dear ${name},</p>
      <p>your account was made. Please confirm your address here:</p>
      <p><a href="${link}">${link}</a></p>`,
  },
}

/** Roles of people who act for a member; their accounts may have ROLE_USER beside it and are no licensees. */
const insiders = /^ROLE_(?:ADMIN|STAFF|MEMBER)(?:_|$)/

const isLicensee = (roles: readonly string[]): boolean =>
  roles.includes('ROLE_USER') && !roles.some(role => insiders.test(role))

/**
 * Notes what is known of an account. A licensee gets its affiliate; whoever registered is sent the key that activates
 * the account, once, whether the gateway's call or its event comes first. `keyOf` gives that key; null: there is none.
 */
export async function noteAccount(
  tx: Queryable,
  account: KnownAccount,
  baseUrl: string | undefined,
  cause: Cause,
  keyOf: (login: string) => Promise<string | null>,
): Promise<void> {
  const noted = await noteProfile(tx, account)
  if (!noted) return
  const { first_name: firstName, last_name: lastName, email, country } = account
  const login = account.login.toLowerCase()
  if (account.affiliate_id !== undefined) await giveLogin(tx, account.affiliate_id, { login, email }, cause)
  else if (isLicensee(account.roles)) {
    const homeMember = await homeMemberAmong(tx, [country, account.member])
    const licensee = { login, firstName, lastName, email, country, homeMember }
    const affiliate = await ensureAffiliate(tx, licensee, cause)
    if (noted.another) await renewAffiliate(tx, affiliate, licensee, cause)
    // A login that is taken again does not escape the standing of its affiliate: the new account is told of it.
    if (noted.added && affiliate.standing !== 'APPLYING') await saveAffiliate(tx, affiliate, {}, cause)
  }
  if (!noted.added || account.activated || !email || baseUrl === undefined) return
  const key = await keyOf(account.login)
  if (key === null) return
  const { subject, body } = textsFor(activationTexts, account.lang_key)
  const name = [firstName, lastName].filter(Boolean).join(' ') || login
  const link = `${baseUrl}/#/activate?key=${encodeURIComponent(key)}`
  await enqueueMails(tx, [{ recipient: email, subject, html: body(name, link), login }])
}
