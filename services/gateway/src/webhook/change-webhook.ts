import { failure, type NewWebhook, type WebhookChange, webhookEvents } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { Bounds } from '../identity/bounds.ts'
import { requireWebhookWithin, webhookWithin } from '../identity/delegation.ts'
import type { Reach } from './reached.ts'
import { expireSecrets, insertSecret, mostSecrets } from './secret.store.ts'
import { newSecret } from './signature.ts'
import {
  countWebhooks,
  deleteWebhook,
  findWebhook,
  giveUpPending,
  insertWebhook,
  lockWebhook,
  type Owner,
  tell,
  tellDeletion,
  touchWebhook,
  updateWebhook,
  type WebhookRow,
} from './webhook.store.ts'

/** Webhooks of one owner. */
const mostWebhooks = 100

/** A webhook with the secret that was just made for it. */
export type WithSecret = { readonly webhook: WebhookRow; readonly secret: string }

/** Who changes a webhook: as whom, which ones, and with what. */
export type WebhookAuthor = { readonly actor: string; readonly reach: Reach; readonly bounds: Bounds }

export async function createWebhook(
  store: Store,
  owner: Owner,
  given: NewWebhook,
  { actor, bounds }: WebhookAuthor,
): Promise<WithSecret> {
  const { url, description = '', types = [], releases = [], studies = [], enabled = true } = given
  const fields = { url, description, types, releases, studies, enabled }
  const secret = given.secret ?? newSecret()
  return store.transaction(async tx => {
    if ((await countWebhooks(tx, owner.subject)) >= mostWebhooks) {
      throw failure('conflict', `No more than ${mostWebhooks} webhooks are kept.`)
    }
    const id = await insertWebhook(tx, owner, fields, webhookWithin(bounds))
    await insertSecret(tx, id, secret)
    await tell(tx, webhookEvents.created, id, actor)
    return { webhook: found(await findWebhook(tx, id)), secret }
  })
}

/** What is absent in the change stays. @throws `not_found`, `forbidden` */
export async function changeWebhook(
  store: Store,
  id: string,
  change: WebhookChange,
  { actor, reach, bounds }: WebhookAuthor,
): Promise<WebhookRow> {
  return store.transaction(async tx => {
    const before = found(await lockWebhook(tx, id, reach))
    requireWebhookWithin(bounds, endOf(before))
    const enabled = change.enabled ?? before.enabled
    await updateWebhook(
      tx,
      id,
      {
        url: change.url ?? before.url,
        description: change.description ?? before.description,
        types: change.types ?? before.types,
        releases: change.releases ?? before.releases,
        studies: change.studies ?? before.studies,
        enabled,
      },
      'request',
    )
    if (!enabled && before.enabled) await giveUpPending(tx, id, 'request')
    const toggled = enabled ? webhookEvents.enabled : webhookEvents.disabled
    await tell(tx, enabled === before.enabled ? webhookEvents.updated : toggled, id, actor)
    return found(await findWebhook(tx, id))
  })
}

export async function removeWebhook(store: Store, id: string, { actor, reach }: WebhookAuthor): Promise<void> {
  await store.transaction(async tx => {
    await tellDeletion(tx, found(await lockWebhook(tx, id, reach)), actor)
    await deleteWebhook(tx, id)
  })
}

/** The secrets so far sign for `previousExpireAfter` seconds more, so that the receiver can change its own meanwhile. */
export async function rotateSecret(
  store: Store,
  id: string,
  { secret = newSecret(), previousExpireAfter }: { secret?: string | undefined; previousExpireAfter: number },
  { actor, reach, bounds }: WebhookAuthor,
): Promise<WithSecret> {
  return store.transaction(async tx => {
    requireWebhookWithin(bounds, endOf(found(await lockWebhook(tx, id, reach))))
    const previous = await expireSecrets(tx, id, previousExpireAfter)
    if (previous.includes(secret)) throw failure('conflict', 'The webhook has this secret.')
    if (previous.length >= mostSecrets) {
      throw failure('conflict', `${previous.length} secrets are good at the moment; let some expire first.`)
    }
    await insertSecret(tx, id, secret)
    await touchWebhook(tx, id)
    await tell(tx, webhookEvents.updated, id, actor)
    return { webhook: found(await findWebhook(tx, id)), secret }
  })
}

const endOf = ({ ends_at }: WebhookRow): Date | null => (ends_at === null ? null : new Date(ends_at))

export function found(webhook: WebhookRow | undefined): WebhookRow {
  if (!webhook) throw failure('not_found', 'There is no such webhook.')
  return webhook
}
