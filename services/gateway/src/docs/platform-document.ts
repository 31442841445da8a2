import { type JsonSchema, jsonSchema } from '@slipway/contracts'
import type { z } from 'zod'
import { parameter } from '../api/openapi.ts'
import { changeSchema, newAccountSchema } from '../identity/account.routes.ts'
import { newTokenSchema, tokenChangeSchema } from '../identity/token.routes.ts'

const input = (schema: z.ZodType) => ({
  required: true,
  content: { 'application/json': { schema: withoutDialect(jsonSchema(schema, 'input')) } },
})
const withoutDialect = ({ $schema: _dialect, ...schema }: JsonSchema) => schema
const error = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
})
const signedIn = { 401: error('No credentials, or bad ones'), 403: error('The caller may not do this') }
const login = [parameter('path', 'login', 'Login of the account')]

/** OpenAPI 3.1 description of what belongs to none of the five APIs: accounts, API tokens, the stream of events, health. */
export function platformDocument(version: string) {
  return {
    openapi: '3.1.1',
    info: { title: 'Slipway platform API', version },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { basic: [] }],
    paths: {
      '/api/v1/accounts': {
        get: {
          summary: 'Lists accounts by login',
          parameters: [
            parameter('query', 'after', 'Only logins after this one: `next` of the page before'),
            parameter('query', 'limit', 'Accounts a page, 1 to 1000; default 100'),
          ],
          responses: { 200: { description: '`{"results": […], "next": login or null}`' }, ...signedIn },
        },
        post: {
          summary: 'Makes an account',
          requestBody: input(newAccountSchema),
          responses: { 201: { description: 'The account' }, 409: error('The login is taken'), ...signedIn },
        },
      },
      '/api/v1/accounts/{login}': {
        parameters: login,
        get: { summary: 'Reads an account', responses: { 200: { description: 'The account' }, ...signedIn } },
        patch: {
          summary: 'Changes an account; what is not in the body stays',
          requestBody: input(changeSchema),
          responses: { 200: { description: 'The account' }, ...signedIn },
        },
        delete: {
          summary: 'Deletes an account with its tokens',
          responses: { 204: { description: 'Deleted' }, ...signedIn },
        },
      },
      '/api/v1/users/me/tokens': {
        get: {
          summary: "Lists the caller's API tokens",
          responses: { 200: { description: 'The tokens' }, ...signedIn },
        },
        post: {
          summary: 'Makes an API token; it is shown this once',
          requestBody: input(newTokenSchema),
          responses: { 201: { description: '`{id, name, token, createdAt, expiresAt}`' }, ...signedIn },
        },
      },
      '/api/v1/users/me/tokens/{id}': {
        parameters: [parameter('path', 'id', 'Id of the token')],
        patch: {
          summary: 'Renames an API token',
          requestBody: input(tokenChangeSchema),
          responses: { 200: { description: 'The token' }, ...signedIn },
        },
        delete: { summary: 'Revokes an API token', responses: { 204: { description: 'Revoked' }, ...signedIn } },
      },
      '/events/stream': {
        get: {
          summary: 'Every event of the platform as it happens (server-sent events)',
          security: [],
          parameters: [
            parameter('query', 'types', 'E.g. `release.*,task.staged`; default: all'),
            parameter('query', 'release', 'Only events about this release'),
            parameter('query', 'subject', 'Only events of this resource'),
            parameter('header', 'Last-Event-ID', 'Id of the event seen last; the stream goes on after it'),
            parameter('query', 'last_event_id', 'The same, for scripts that cannot set the header'),
          ],
          responses: {
            200: {
              description: 'CloudEvents 1.0 in JSON, one an event; `event: gap` where some are not kept any more',
              content: { 'text/event-stream': {} },
            },
          },
        },
      },
      '/healthz': {
        get: { summary: 'The process runs', security: [], responses: { 200: { description: 'It does' } } },
      },
      '/readyz': {
        get: {
          summary: 'Requests may come',
          security: [],
          responses: { 200: { description: 'Ready' }, 503: { description: 'Not ready, with the reason' } },
        },
      },
    },
    components: {
      schemas: {
        Error: {
          type: 'object',
          properties: {
            error: {
              type: 'object',
              properties: { code: { type: 'string' }, message: { type: 'string' }, details: { type: 'array' } },
              required: ['code', 'message'],
            },
          },
        },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic' },
      },
    },
  }
}
