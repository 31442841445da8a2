import type { Queryable } from '@slipway/store'
import type { ApplicationRow } from '../affiliate/affiliate.ts'
import { html } from '../mail/html.ts'
import { type Texts, textsFor } from '../mail/languages.ts'
import { enqueueMails } from '../mail/queue.ts'
import { prepare } from '../sql.ts'

const staffAddress = prepare<{ key: string }>()('member.staff-address', (db, p) =>
  db.selectFrom('member').select('staff_notification_email as address').where('key', '=', p.key),
)
const applicant = prepare<{ login: string }>()('account-profile.applicant', (db, p) =>
  db
    .selectFrom('account_profile')
    .select(['first_name', 'last_name', 'email', 'lang_key'])
    .where('login', '=', p.login),
)

type ApprovalText = { readonly subject: string; body(name: string, member: string, link: string): string }
const approvalTexts: Texts<ApprovalText> = {
  en: {
    subject: 'Your application was approved',
    body: (name, member, link) => html`
      <p>Dear ${name},</p>
      <p>your application to ${member} was approved. You can find the release packages here:</p>
      <p><a href="${link}">${link}</a></p>`,
  },
}

/** Tells the staff of the member that an application waits for its review; members without an address are not told. */
export async function tellStaff(tx: Queryable, row: ApplicationRow, baseUrl: string | undefined): Promise<void> {
  if (baseUrl === undefined) return
  const [member] = await tx.query(staffAddress, { key: row.member })
  if (!member?.address) return
  const { firstName, lastName, organizationName } = row.details
  const who = [firstName, lastName, organizationName && `(${organizationName})`].filter(Boolean).join(' ')
  const link = `${baseUrl}/#/applicationReview/${row.application_id}`
  const body = html`
    <p>${who || row.username} has submitted an application to ${row.member}.</p>
    <p><a href="${link}">${link}</a></p>`
  await enqueueMails(tx, [{ recipient: member.address, subject: `Application ${row.application_id}`, html: body }])
}

/** Tells the applicant of the approval, in the language of the account. Nobody without an address is told. */
export async function tellApplicant(tx: Queryable, row: ApplicationRow, baseUrl: string | undefined): Promise<void> {
  if (baseUrl === undefined) return
  const [person] = await tx.query(applicant, { login: row.username })
  const recipient = row.details.email ?? person?.email
  if (!recipient) return
  const { subject, body } = textsFor(approvalTexts, person?.lang_key ?? null)
  const names = [row.details.firstName ?? person?.first_name, row.details.lastName ?? person?.last_name]
  const name = names.filter(Boolean).join(' ') || row.username || recipient
  const text = body(name, row.member, `${baseUrl}/#/viewReleases`)
  await enqueueMails(tx, [{ recipient, subject, html: text, login: row.username }])
}
