import { leadingMember } from '@slipway/contracts'
import type { Queryable, Tx } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'

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

const insert = prepare<NewNotification>()('notification.insert', (db, p) =>
  db
    .insertInto('notification')
    .columns([
      'principal',
      'base_url',
      'release_package_id',
      'release_version_id',
      'member',
      'package_name',
      'version_name',
    ])
    .expression(q =>
      q
        .selectFrom('release_version as v')
        .innerJoin('release_package as p', 'p.release_package_id', 'v.release_package_id')
        .select([p.principal.as('principal'), p.baseUrl.as('base_url'), 'p.release_package_id', 'v.release_version_id'])
        .select(['p.member', 'p.name as package_name', 'v.name as version_name'])
        .where('v.release_version_id', '=', p.releaseVersionId),
    )
    .returning(['notification_id as id', 'task']),
)

/** The id here, and the one by which the platform's list of tasks knows it. */
export type RecordedNotification = { readonly id: number; readonly task: string }

/** A transaction in which the database writes events by itself: of tasks, when a row of theirs changes. */
export type Transaction = Pick<Tx, 'query' | 'wroteEvents'>

/** Of a version that there is; its names stay as they are now, whatever happens to it. */
export async function insertNotification(
  tx: Transaction,
  notification: NewNotification,
): Promise<RecordedNotification> {
  const [row] = await tx.query(insert, notification)
  tx.wroteEvents()
  return row as RecordedNotification
}

const lock = prepare<{ id: number }>()('notification.lock', (db, p) =>
  db
    .selectFrom('notification')
    .select(['notification_id as id', 'principal', 'release_package_id as releasePackageId'])
    .select(['release_version_id as releaseVersionId', 'member', 'package_name as packageName'])
    .select(['version_name as versionName', 'base_url as baseUrl'])
    .where('notification_id', '=', p.id)
    .where('recipients', 'is', null)
    .forUpdate(),
)

/** A notification whose recipients are still to be found; null once that was done. */
export async function lockNotification(tx: Queryable, id: number): Promise<Notification | null> {
  const [row] = await tx.query(lock, { id })
  return row ?? null
}

/** Packages of the leading member go by the primary application; those of others by any that was approved for them. */
export const findRecipients = prepare<{ member: string }>()('notification.recipients', (db, p) => {
  const isLeading = sql<boolean>`${p.member} = ${sql.lit(leadingMember)}`
  return db
    .selectFrom('affiliate as a')
    .innerJoin('account_profile as u', 'u.login', 'a.creator')
    .select(eb => ['u.login', eb.ref('u.email').$notNull().as('email'), 'u.first_name as firstName'])
    .select(['u.last_name as lastName', 'u.lang_key as language'])
    .where('a.standing', 'in', ['IN_GOOD_STANDING', 'DEACTIVATION_PENDING'])
    .where(eb => eb.and([eb.ref('u.activated'), eb.not(eb.ref('u.removed'))]))
    .where('u.email', '<>', '')
    .where(eb => eb.ref('u.accept_notifications'))
    .where(eb => eb.not(eb.and([isLeading, eb.ref('u.country_notifications_only')])))
    .where(eb =>
      eb.exists(
        eb
          .selectFrom('application as p')
          .select([])
          .whereRef('p.affiliate_id', '=', 'a.affiliate_id')
          .where('p.state', '=', 'APPROVED')
          .where(inner =>
            inner
              .case()
              .when(isLeading)
              .then(inner('p.application_type', '=', 'PRIMARY'))
              .else(inner('p.member', '=', p.member))
              .end(),
          ),
      ),
    )
    .orderBy('u.login')
})

const setRecipients = prepare<{ id: number; count: number }>()('notification.set-recipients', (db, p) =>
  db.updateTable('notification').set({ recipients: p.count }).where('notification_id', '=', p.id),
)

export async function noteRecipients(tx: Queryable, id: number, count: number): Promise<void> {
  await tx.query(setRecipients, { id, count })
}
