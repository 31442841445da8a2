import { z } from 'zod'
import { some } from '../audience.ts'
import { eventType } from '../event.ts'

/** Why a webhook gets nothing: its owner said so, its receiver answered 410, or it failed for days. */
export const disabledReasons = ['request', 'gone', 'failing'] as const
export type DisabledReason = (typeof disabledReasons)[number]

const timestamp = z.iso.datetime()
const resourceId = z.string().min(1).max(200)

export const secretPattern = /^whsec_[A-Za-z0-9+/]+={0,2}$/

/** Standard Webhooks: 24 to 64 random bytes in base64, behind a prefix by which secrets are recognised. */
export const webhookSecretSchema = z
  .string()
  .regex(secretPattern, 'must be whsec_ and base64')
  .refine(secret => {
    const { length } = Buffer.from(secret.slice('whsec_'.length), 'base64')
    return length >= 24 && length <= 64
  }, 'must hold 24 to 64 bytes')
  .meta({ description: 'whsec_ and 24 to 64 bytes in base64; default: made at random' })

/** As in `types` of the stream of events: `release.staged`, `release.*`, `release`, `*`. */
export const webhookTypePattern = /^(?:\*|[a-z0-9-]+(?:\.(?:\*|[a-z0-9-]+))?)$/

const settable = {
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .max(2048)
    .meta({ description: 'Where events are posted' }),
  description: z.string().max(500),
  types: z
    .array(z.string().max(200).regex(webhookTypePattern, 'is no type of event: release.*, task.staged'))
    .max(100)
    .meta({ description: 'Events that are wanted; empty: all' }),
  releases: z.array(resourceId).max(1000).meta({ description: 'Only events about these releases, …' }),
  studies: z.array(resourceId).max(1000).meta({ description: '… or about these studies and their releases' }),
  enabled: z.boolean().meta({ description: 'False: nothing is sent' }),
}

export const webhookChangeSchema = z
  .strictObject(settable)
  .partial()
  .meta({ id: 'WebhookChange', description: 'What is absent stays as it is' })
export const newWebhookSchema = z
  .strictObject({ ...settable, secret: webhookSecretSchema })
  .partial()
  .required({ url: true })
  .meta({ id: 'NewWebhook' })
export const secretRotationSchema = z
  .strictObject({
    secret: webhookSecretSchema.optional(),
    previousExpireAfter: z
      .int()
      .min(0)
      .max(604_800)
      .default(86_400)
      .meta({ description: 'Seconds in which the secrets so far sign as well' }),
  })
  .meta({ id: 'WebhookSecretRotation' })

export const webhookSchema = z
  .object({
    id: z.uuid(),
    url: z.string(),
    description: z.string(),
    types: z.array(z.string()),
    releases: z.array(z.string()),
    studies: z.array(z.string()),
    enabled: z.boolean(),
    disabledReason: z.enum(disabledReasons).nullable(),
    disabledAt: timestamp.nullable(),
    failingSince: timestamp.nullable().meta({ description: 'Since when every attempt failed' }),
    pausedUntil: timestamp.nullable().meta({ description: 'The receiver asked to be left alone until then' }),
    owner: z.string().meta({ description: 'Login of who made it' }),
    scopes: z
      .array(z.string())
      .nullable()
      .meta({ description: 'Those of the token that made it: it sees as much as that. Null: as its owner' }),
    endsAt: timestamp.nullable().meta({
      description: 'When the token that made it ends or was revoked, with which the webhook ends. Null: never',
    }),
    secrets: z.array(z.object({ createdAt: timestamp, expiresAt: timestamp.nullable() })).meta({
      description: 'The secrets that sign at the moment, newest first; their texts are shown only when they are made',
    }),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Webhook', description: 'An address to which events are posted as they happen' })

export const createdWebhookSchema = webhookSchema
  .extend({ secret: z.string().meta({ description: 'The secret to verify signatures with, shown this once' }) })
  .meta({ id: 'CreatedWebhook' })

export type NewWebhook = z.output<typeof newWebhookSchema>
export type WebhookChange = z.output<typeof webhookChangeSchema>
export type Webhook = z.output<typeof webhookSchema>

/** Without the address, which may hold a secret of its receiver. */
const webhookEvent = (name: `webhook.${string}`, summary: string) =>
  eventType(name, {
    summary,
    audience: some(['administrator'], { account: 'owner' }),
    data: z.object({
      webhook_id: z.string(),
      owner: z.string(),
      enabled: z.boolean(),
      disabled_reason: z.enum(disabledReasons).nullable(),
      failing_since: timestamp.nullable(),
    }),
  })

export const webhookEvents = {
  created: webhookEvent('webhook.created', 'A webhook was made'),
  updated: webhookEvent('webhook.updated', 'A webhook changed, or its secret did'),
  enabled: webhookEvent('webhook.enabled', 'A webhook gets events again'),
  disabled: webhookEvent('webhook.disabled', 'A webhook gets no more events: asked for, answered 410, or failing'),
  deleted: webhookEvent('webhook.deleted', 'A webhook was removed'),
}
