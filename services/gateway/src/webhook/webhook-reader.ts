import { type Identity, mayRead, type Readers, readerWords } from '@slipway/contracts'
import { sql } from 'kysely'
import type { ToldAccess } from '../stream/told-access.ts'
import { isDeveloper } from './rights.ts'

/** Of a webhook `w`, as JSON: with whose rights it sees events. */
export const viewerColumn = sql<WebhookViewer>`
  (select row_to_json(v) from ${sql.table('webhook_viewer')} v where v.webhook_id = w.id)`.as('viewer')

/** What `webhook_viewer` says of a webhook. */
export type WebhookViewer = {
  /** Null: of a user of the external issuer, of whom nothing is known but that they may have webhooks. */
  readonly account_id: string | null
  readonly good: boolean
  readonly superuser: boolean
  readonly login: string | null
  readonly roles: string[]
  readonly groups: string[]
  readonly permissions: string[]
  readonly member: string | null
}

/**
 * Whether a webhook may be sent an event now. Those of the external issuer get what everybody may read; those of nobody
 * who may have webhooks get nothing.
 */
export function mayReceive(viewer: WebhookViewer, event: Readers, access: ToldAccess): boolean {
  if (!viewer.good) return false
  const identity = identityOf(viewer)
  return (identity === null || isDeveloper(identity)) && mayBeShown(identity, event, access)
}

/** Whether somebody may read an event now; null: without credentials. */
export function mayBeShown(identity: Identity | null, event: Readers, access: ToldAccess): boolean {
  return mayRead(event, readerWords(identity, identity ? access.orgsOf(identity.login) : []), access.isPrivate)
}

function identityOf({ account_id, login, roles, groups, permissions, member, superuser }: WebhookViewer) {
  if (account_id === null || login === null) return null
  return { subject: account_id, kind: 'user', login, roles, groups, permissions, member, superuser } satisfies Identity
}
