import { z } from 'zod'
import { isoTimeOfAnyZone } from '../iso-times.ts'

export const deliveryStates = ['pending', 'delivered', 'failed'] as const
export type DeliveryState = (typeof deliveryStates)[number]

const timestamp = z.iso.datetime()

export const webhookDeliverySchema = z
  .object({
    id: z.uuid(),
    webhookId: z.uuid(),
    messageId: z.string().meta({ description: 'webhook-id of every attempt; id of the event' }),
    type: z.string().meta({ examples: ['release.published'] }),
    state: z.enum(deliveryStates),
    attempts: z.int().min(0),
    nextAttemptAt: timestamp.nullable(),
    lastStatus: z.int().nullable().meta({ description: 'HTTP status of the newest answer' }),
    lastError: z.string().nullable().meta({ description: 'What was wrong with the newest attempt' }),
    createdAt: timestamp,
    settledAt: timestamp.nullable().meta({ description: 'When it was delivered or given up' }),
  })
  .meta({ id: 'WebhookDelivery', description: 'One event on its way to one webhook' })

export const webhookAttemptSchema = z
  .object({
    number: z.int().positive(),
    startedAt: timestamp,
    durationMs: z.int().min(0),
    status: z.int().nullable(),
    error: z.string().nullable(),
    response: z.string().nullable().meta({ description: 'Beginning of what was answered' }),
  })
  .meta({ id: 'WebhookAttempt', description: 'One request of a delivery' })

export const webhookDeliveryDetailSchema = webhookDeliverySchema
  .extend({
    payload: webhookPayloadSchema(),
    attemptLog: z.array(webhookAttemptSchema).meta({ description: 'The newest attempts, newest first' }),
  })
  .meta({ id: 'WebhookDeliveryDetail' })

export const deliveryFilterSchema = z.object({
  state: z.enum(deliveryStates).optional(),
  type: z.string().max(200).optional().meta({ description: 'E.g. release.published or release.*' }),
  message: z.string().max(200).optional().meta({ description: 'Id of an event' }),
  since: isoTimeOfAnyZone().optional().meta({ description: 'Only deliveries made at this time or later' }),
  until: isoTimeOfAnyZone().optional().meta({ description: 'Only deliveries made before this time' }),
  after: z.uuid().optional().meta({ description: '`next` of the page before' }),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

export const resendFailedSchema = z
  .strictObject({
    since: isoTimeOfAnyZone().meta({ description: 'Failed deliveries made at this time or later' }),
    until: isoTimeOfAnyZone().optional().meta({ description: 'Made before this time; default: now' }),
  })
  .meta({ id: 'WebhookResend' })

export type WebhookDelivery = z.output<typeof webhookDeliverySchema>
export type WebhookAttempt = z.output<typeof webhookAttemptSchema>
export type DeliveryFilter = z.output<typeof deliveryFilterSchema>

/** What is posted: the three fields of Standard Webhooks, and what an event has beside its data. */
export function webhookPayloadSchema(type: z.ZodType = z.string(), data: z.ZodType = z.unknown()) {
  return z.object({
    type,
    timestamp: timestamp.meta({ description: 'When it happened' }),
    data,
    subject: z.string().meta({ description: 'Id of what changed' }),
    sequence: z.int().positive().meta({ description: 'Number of the event among those of its subject' }),
    actor: z.string().meta({ description: 'Who did it' }),
  })
}
