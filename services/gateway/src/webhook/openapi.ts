import {
  createdWebhookSchema,
  deliveryFilterSchema,
  events,
  type JsonSchema,
  jsonSchema,
  newWebhookSchema,
  resendFailedSchema,
  schemaComponents,
  secretRotationSchema,
  webhookChangeSchema,
  webhookDeliveryDetailSchema,
  webhookDeliverySchema,
  webhookPayloadSchema,
  webhookSchema,
} from '@slipway/contracts'
import { z } from 'zod'
import { webhookListSchema } from './webhook.routes.ts'

const errorSchema: JsonSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string', examples: ['invalid', 'not_found'] },
        message: { type: 'string' },
        details: { type: 'array', items: { type: 'object' } },
      },
      required: ['code', 'message'],
    },
  },
}

const pathParameter = (name: string, description: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', format: 'uuid' },
})
const webhookPath = [pathParameter('id', 'Id of the webhook')]
const deliveryPath = [...webhookPath, pathParameter('delivery', 'Id of the delivery')]

/** OpenAPI 3.1 description of webhooks: their API, and under `webhooks` what they post. */
export function webhooksDocument(version: string) {
  const components = schemaComponents()
  const json = (schema: JsonSchema) => ({ 'application/json': { schema } })
  const schemaOf = (schema: z.ZodType, side: 'input' | 'output' = 'output') => components.take(jsonSchema(schema, side))
  const body = (schema: z.ZodType, required = true) => ({ required, content: json(schemaOf(schema, 'input')) })
  const answer = (description: string, schema: z.ZodType) => ({ description, content: json(schemaOf(schema)) })
  const error = (description: string) => ({
    description,
    content: json({ $ref: '#/components/schemas/Error' }),
  })
  const refusals = { 401: error('No credentials, or bad ones'), 403: error('Neither administrator nor developer') }
  const ofOne = { ...refusals, 404: error('There is none, or it belongs to somebody else') }
  const sending = { ...ofOne, 400: error('The webhook is disabled') }
  const page = (schema: z.ZodType) => z.object({ results: z.array(schema), next: z.uuid().nullable() })

  return {
    openapi: '3.1.1',
    info: {
      title: 'Slipway webhooks',
      version,
      description: 'Events posted to addresses of yours, by Standard Webhooks 1.0 (https://www.standardwebhooks.com).',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { basic: [] }],
    paths: {
      '/webhooks': {
        get: {
          summary: 'Lists webhooks, newest first: those of the caller, for administrators those of everybody',
          parameters: queryParameters(webhookListSchema),
          responses: {
            200: answer('A page; `next` is `after` of the following one', page(webhookSchema)),
            ...refusals,
          },
        },
        post: {
          summary: 'Makes a webhook',
          requestBody: body(newWebhookSchema),
          responses: {
            201: answer('The webhook, with its secret, which is shown this once', createdWebhookSchema),
            400: error('Something in it is wrong; see details'),
            409: error('There are too many'),
            ...refusals,
          },
        },
      },
      '/webhooks/event-types': {
        get: {
          summary: 'Lists the events that can be had',
          responses: {
            200: answer('Types', z.object({ results: z.array(z.object({ type: z.string(), summary: z.string() })) })),
            ...refusals,
          },
        },
      },
      '/webhooks/{id}': {
        parameters: webhookPath,
        get: { summary: 'Reads a webhook', responses: { 200: answer('The webhook', webhookSchema), ...ofOne } },
        patch: {
          summary: 'Changes a webhook, enables or disables it; what is not in the body stays',
          requestBody: body(webhookChangeSchema),
          responses: { 200: answer('The webhook', webhookSchema), 400: error('Something in it is wrong'), ...ofOne },
        },
        delete: {
          summary: 'Deletes a webhook with its deliveries',
          responses: { 204: { description: 'Deleted' }, ...ofOne },
        },
      },
      '/webhooks/{id}/rotate-secret': {
        parameters: webhookPath,
        post: {
          summary: 'Gives the webhook a new secret; the old ones sign as well for a while',
          requestBody: body(secretRotationSchema, false),
          responses: {
            200: answer('The webhook, with the new secret', createdWebhookSchema),
            409: error('It has this secret, or too many'),
            ...ofOne,
          },
        },
      },
      '/webhooks/{id}/test': {
        parameters: webhookPath,
        post: {
          summary: 'Sends a message of type webhook.test',
          responses: { 202: answer('Its delivery', webhookDeliverySchema), ...sending },
        },
      },
      '/webhooks/{id}/deliveries': {
        parameters: webhookPath,
        get: {
          summary: 'Lists deliveries, newest first; they are kept for 30 days',
          parameters: queryParameters(deliveryFilterSchema),
          responses: { 200: answer('A page', page(webhookDeliverySchema)), ...ofOne },
        },
      },
      '/webhooks/{id}/deliveries/{delivery}': {
        parameters: deliveryPath,
        get: {
          summary: 'Reads a delivery with what is posted and with its attempts',
          responses: { 200: answer('The delivery', webhookDeliveryDetailSchema), ...ofOne },
        },
      },
      '/webhooks/{id}/deliveries/{delivery}/resend': {
        parameters: deliveryPath,
        post: {
          summary: 'Sends it again, under the same id',
          responses: { 202: answer('The delivery', webhookDeliverySchema), ...sending },
        },
      },
      '/webhooks/{id}/resend-failed': {
        parameters: webhookPath,
        post: {
          summary: 'Sends again what was given up since a time',
          requestBody: body(resendFailedSchema),
          responses: { 202: answer('How many', z.object({ resent: z.int().min(0) })), ...sending },
        },
      },
    },
    webhooks: Object.fromEntries(
      events.map(({ noun, verb, summary, data }) => [
        `${noun}.${verb}`,
        {
          post: {
            summary,
            parameters: signatureHeaders,
            requestBody: {
              required: true,
              content: json(schemaOf(webhookPayloadSchema(z.literal(`${noun}.${verb}`), data))),
            },
            responses: {
              '2XX': { description: 'It has arrived' },
              410: { description: 'No more of this: the webhook is disabled' },
            },
          },
        },
      ]),
    ),
    components: {
      schemas: { ...components.schemas, Error: errorSchema },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic' },
      },
    },
  }
}

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
})
const signatureHeaders = [
  header('webhook-id', 'Id of the event, the same in every attempt'),
  header('webhook-timestamp', 'Seconds since 1970 at which the attempt was made'),
  header('webhook-signature', '`v1,` and the HMAC-SHA256 of `{id}.{timestamp}.{body}` in base64; one for each secret'),
]

function queryParameters(schema: z.ZodType) {
  const { properties } = jsonSchema(schema, 'input') as { properties: Record<string, JsonSchema> }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: 'query',
    ...(description !== undefined && { description }),
    // What is coerced from text may be anything to begin with.
    schema: name === 'limit' ? { type: 'integer', minimum: 1, maximum: 1000, default: 100 } : rest,
  }))
}
