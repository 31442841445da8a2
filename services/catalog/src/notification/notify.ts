import { type Queryable, type Store, startTimers, streamRows, type TimersOptions, type Worker } from '@slipway/store'
import { recordAudit } from '../audit/record-audit.ts'
import { mailBaseUrl } from '../mail/base-url.ts'
import { enqueueMails } from '../mail/queue.ts'
import { findRecipients, lockNotification, type Notification, noteRecipients } from './notification.store.ts'
import { notificationMail } from './notification-texts.ts'

export const notificationTimer = 'release-notification'

/** Mails made at a time. */
const batch = 500

/**
 * Turns a notification into mails, one row for each recipient, in one transaction: after a crash it begins anew, and
 * what was done is not done again. `publicUrl`: see `mailBaseUrl`; without it nobody is told.
 */
export function startNotifications(store: Store, log: TimersOptions['log'], publicUrl: string | undefined): Worker {
  const baseUrl = mailBaseUrl(publicUrl)
  return startTimers<number>({
    store,
    name: notificationTimer,
    async handle({ payload: id }) {
      await store.transaction(async tx => {
        const notification = await lockNotification(tx, id)
        if (!notification) return
        const count = baseUrl === undefined ? 0 : await notifyAll(tx, notification, baseUrl)
        await noteRecipients(tx, id, count)
        await recordAudit(tx, [
          {
            principal: notification.principal,
            type: 'RELEASE_VERSION_NOTIFIED',
            data: {
              ...(notification.packageName !== null && { 'releasePackage.name': notification.packageName }),
              ...(notification.versionName !== null && { 'releaseVersion.name': notification.versionName }),
              'notification.recipients': String(count),
            },
            release_package_id: notification.releasePackageId,
            release_version_id: notification.releaseVersionId,
          },
        ])
      })
    },
    concurrency: 1,
    log,
  })
}

async function notifyAll(tx: Queryable, notification: Notification, baseUrl: string): Promise<number> {
  const { id, member, packageName, versionName, releasePackageId } = notification
  const url = `${baseUrl}/#/viewReleases/viewRelease/${releasePackageId}`
  let count = 0
  for await (const recipients of streamRows(tx, findRecipients, { member }, batch)) {
    const mails = recipients.map(recipient => ({
      ...notificationMail(recipient, { packageName, versionName, url }),
      recipient: recipient.email,
      login: recipient.login,
      notificationId: id,
    }))
    await enqueueMails(tx, mails)
    count += mails.length
  }
  return count
}
