import { actorOf, events, newWebhookSchema, secretRotationSchema, webhookChangeSchema } from '@slipway/contracts'
import type { GuardOptions } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parsed } from '../http/platform-errors.ts'
import type { Authenticator } from '../identity/authenticator.ts'
import { requireCaller } from '../identity/caller.ts'
import { changeWebhook, createWebhook, found, removeWebhook, rotateSecret, type WithSecret } from './change-webhook.ts'
import { checkInput } from './checked-input.ts'
import { isAdministrator, requireDeveloper } from './rights.ts'
import { shownWebhook } from './shown.ts'
import { findWebhook, listWebhooks, type Owner } from './webhook.store.ts'

export type WebhookRoutesOptions = {
  readonly store: Store
  readonly authenticator: Authenticator
  readonly guard: GuardOptions
  /** Looks for deliveries that are due. */
  readonly kick: () => void
}

export const webhookListSchema = z.object({
  after: z.uuid().optional(),
  owner: z.string().max(320).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})
const pathSchema = z.object({ id: z.uuid() })

/** Who calls, and whose webhooks they may see: null for everybody's. */
export type Rights = { readonly caller: Owner; readonly actor: string; readonly owner: string | null }

/** @throws `unauthenticated`, `forbidden` */
export async function webhookRights(request: FastifyRequest, authenticator: Authenticator): Promise<Rights> {
  const { identity } = await requireCaller(request, authenticator)
  requireDeveloper(identity)
  return { caller: identity, actor: actorOf(identity), owner: isAdministrator(identity) ? null : identity.subject }
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
    const { owner } = await rightsOf(request)
    const { after, owner: ownerLogin, limit } = parsed(webhookListSchema, request.query)
    const rows = await listWebhooks(store, { after, owner, ownerLogin, limit })
    return { results: rows.map(shownWebhook), next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null }
  })

  app.post('/webhooks', async (request, reply) => {
    const { caller, actor } = await rightsOf(request)
    const given = parsed(newWebhookSchema, request.body)
    checkInput(given, guard)
    const created = await createWebhook(store, caller, given, actor)
    return reply.code(201).header('location', `/webhooks/${created.webhook.id}`).send(shownWithSecret(created))
  })

  app.get('/webhooks/:id', async request => {
    const { owner } = await rightsOf(request)
    return shownWebhook(found(await findWebhook(store, webhookId(request), owner)))
  })

  app.patch('/webhooks/:id', async request => {
    const { owner, actor } = await rightsOf(request)
    const change = parsed(webhookChangeSchema, request.body)
    checkInput(change, guard)
    const changed = await changeWebhook(store, webhookId(request), owner, change, actor)
    kick()
    return shownWebhook(changed)
  })

  app.delete('/webhooks/:id', async (request, reply) => {
    const { owner, actor } = await rightsOf(request)
    await removeWebhook(store, webhookId(request), owner, actor)
    return reply.code(204).send()
  })

  app.post('/webhooks/:id/rotate-secret', async request => {
    const { owner, actor } = await rightsOf(request)
    const rotation = parsed(secretRotationSchema, request.body)
    return shownWithSecret(await rotateSecret(store, webhookId(request), owner, rotation, actor))
  })
}

function shownWithSecret({ webhook, secret }: WithSecret) {
  return { ...shownWebhook(webhook), secret }
}
