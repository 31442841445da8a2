import { leadingMember } from '@slipway/contracts'
import type { AnyTx, Statement } from '@slipway/store'

export type NewNotification = {
  readonly principal: string
  readonly releaseVersionId: number
  /** Of links in the mails. */
  readonly baseUrl: string
}

export type Notification = NewNotification & {
  readonly id: number
  readonly releasePackageId: number
  readonly member: string
  readonly packageName: string | null
  readonly versionName: string | null
}

const insert: Statement = {
  name: 'notification.insert',
  text: `
    insert into notification (principal, base_url, release_package_id, release_version_id, member, package_name,
      version_name)
    select $1, $2, release_package_id, release_version_id, p.member, p.name, v.name
    from release_version v join release_package p using (release_package_id)
    where release_version_id = $3
    returning notification_id as id, task`,
}

/** The id here, and the one by which the platform's list of tasks knows it. */
export type RecordedNotification = { readonly id: number; readonly task: string }

/** Of a version that there is; its names stay as they are now, whatever happens to it. */
export async function insertNotification(tx: AnyTx, notification: NewNotification): Promise<RecordedNotification> {
  const { principal, baseUrl, releaseVersionId } = notification
  const [row] = await tx.query<RecordedNotification>(insert, [principal, baseUrl, releaseVersionId])
  tx.wroteEvents()
  return row as RecordedNotification
}

const lock: Statement = {
  name: 'notification.lock',
  text: `
    select notification_id as id, principal, release_package_id as "releasePackageId",
      release_version_id as "releaseVersionId", member, package_name as "packageName", version_name as "versionName"
    from notification where notification_id = $1 and recipients is null for update`,
}

/** A notification whose recipients are still to be found; null once that was done. */
export async function lockNotification(tx: AnyTx, id: number): Promise<Notification | null> {
  const [row] = await tx.query<Notification>(lock, [id])
  return row ?? null
}

export type Recipient = {
  readonly login: string
  readonly email: string
  readonly firstName: string | null
  readonly lastName: string | null
  readonly language: string | null
}

/** Packages of the leading member go by the primary application; those of others by any that was approved for them. */
export const findRecipients: Statement = {
  name: 'notification.recipients',
  text: `
    select u.login, u.email, u.first_name as "firstName", u.last_name as "lastName", u.lang_key as language
    from affiliate a join account_profile u on u.login = a.creator
    where a.standing in ('IN_GOOD_STANDING', 'DEACTIVATION_PENDING')
      and u.activated and not u.removed and u.email <> ''
      and u.accept_notifications and not ($1 = '${leadingMember}' and u.country_notifications_only)
      and exists (
        select from application p
        where p.affiliate_id = a.affiliate_id and p.state = 'APPROVED'
          and case when $1 = '${leadingMember}' then p.application_type = 'PRIMARY' else p.member = $1 end
      )
    order by u.login`,
}

const setRecipients: Statement = {
  name: 'notification.set-recipients',
  text: 'update notification set recipients = $2 where notification_id = $1',
}

export async function noteRecipients(tx: AnyTx, id: number, count: number): Promise<void> {
  await tx.query(setRecipients, [id, count])
}
