import { actorOf, events, newWebhookSchema, secretRotationSchema, webhookChangeSchema } from '@slipway/contracts'
import type { GuardOptions } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parsed } from '../api/platform-errors.ts'
import type { Authenticator } from '../identity/authenticator.ts'
import { requireCaller } from '../identity/caller.ts'
import type { ToldAccess } from '../stream/told-access.ts'
import {
  changeWebhook,
  createWebhook,
  found,
  removeWebhook,
  rotateSecret,
  type WebhookAuthor,
  type WithSecret,
} from './change-webhook.ts'
import { checkInput } from './checked-input.ts'
import { isAdministrator, requireDeveloper } from './rights.ts'
import { shownWebhook } from './shown.ts'
import { findWebhook, listWebhooks, type Owner } from './webhook.store.ts'

export type WebhookRoutesOptions = {
  readonly store: Store
  readonly authenticator: Authenticator
  readonly guard: GuardOptions
  /** What is private. */
  readonly access: ToldAccess
  /** Looks for deliveries that are due. */
  readonly kick: () => void
}

export const webhookListSchema = z.object({
  after: z.uuid().optional(),
  owner: z.string().max(320).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})
const pathSchema = z.object({ id: z.uuid() })

/** Who calls, and which webhooks they may see: administrators everybody's, a token with scopes those made within them. */
export type Rights = WebhookAuthor & { readonly caller: Owner }

/** @throws `unauthenticated`, `forbidden` */
export async function webhookRights(request: FastifyRequest, authenticator: Authenticator): Promise<Rights> {
  const { identity, bounds } = await requireCaller(request, authenticator)
  requireDeveloper(identity)
  const owner = isAdministrator(identity) ? null : identity.subject
  return { caller: identity, actor: actorOf(identity), bounds, reach: { owner, scopes: bounds.scopes } }
}

/** Ids that are none name nothing, as ids of others do. */
export function webhookId(request: FastifyRequest): string {
  const { data } = pathSchema.safeParse(request.params)
  return data?.id ?? '00000000-0000-0000-0000-000000000000'
}

const eventTypes = events.map(({ noun, verb, summary }) => ({ type: `${noun}.${verb}`, summary }))

/** `/webhooks`: addresses to which events are posted. */
export function webhookRoutes(app: FastifyInstance, { store, authenticator, guard, kick }: WebhookRoutesOptions): void {
  const rightsOf = (request: FastifyRequest) => webhookRights(request, authenticator)

  app.get('/webhooks/event-types', async request => {
    await rightsOf(request)
    return { results: eventTypes }
  })

  app.get('/webhooks', async request => {
    const { reach } = await rightsOf(request)
    const { after, owner: ownerLogin, limit } = parsed(webhookListSchema, request.query)
    const rows = await listWebhooks(store, { after, reach, ownerLogin, limit })
    return { results: rows.map(shownWebhook), next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null }
  })

  app.post('/webhooks', async (request, reply) => {
    const { caller, ...author } = await rightsOf(request)
    const given = parsed(newWebhookSchema, request.body)
    checkInput(given, guard)
    const created = await createWebhook(store, caller, given, author)
    return reply.code(201).header('location', `/webhooks/${created.webhook.id}`).send(shownWithSecret(created))
  })

  app.get('/webhooks/:id', async request => {
    const { reach } = await rightsOf(request)
    return shownWebhook(found(await findWebhook(store, webhookId(request), reach)))
  })

  app.patch('/webhooks/:id', async request => {
    const author = await rightsOf(request)
    const change = parsed(webhookChangeSchema, request.body)
    checkInput(change, guard)
    const changed = await changeWebhook(store, webhookId(request), change, author)
    kick()
    return shownWebhook(changed)
  })

  app.delete('/webhooks/:id', async (request, reply) => {
    await removeWebhook(store, webhookId(request), await rightsOf(request))
    return reply.code(204).send()
  })

  app.post('/webhooks/:id/rotate-secret', async request => {
    const author = await rightsOf(request)
    const rotation = parsed(secretRotationSchema, request.body)
    return shownWithSecret(await rotateSecret(store, webhookId(request), rotation, author))
  })
}

function shownWithSecret({ webhook, secret }: WithSecret) {
  return { ...shownWebhook(webhook), secret }
}
