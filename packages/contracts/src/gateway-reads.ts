import { everybody, some } from './audience.ts'
import { among, type ReadAudience, signedIn } from './read-audience.ts'

/** What the gateway answers out of its own database, without an operation: by which paths, and who may read it. */
export type GatewayRead = {
  readonly summary: string
  /** Parts that begin with `:` stand for anything. */
  readonly paths: readonly [string, ...string[]]
  readonly audience: ReadAudience
}

/** Names in audiences are fields of the rows. A token with scopes sees less: webhooks made within these, no tokens. */
export const gatewayReads = {
  webhooks: {
    summary: 'Webhooks',
    paths: ['/webhooks', '/webhooks/:id'],
    audience: among('developer', some(['administrator'], { account: 'owner' })),
  },
  deliveries: {
    summary: 'What was sent to a webhook, as far as its owner may still read it',
    paths: ['/webhooks/:id/deliveries', '/webhooks/:id/deliveries/:delivery'],
    audience: among('developer', some(['administrator'], { account: 'owner' })),
  },
  eventTypes: {
    summary: 'Kinds of events',
    paths: ['/webhooks/event-types'],
    audience: among('developer', everybody),
  },
  accounts: {
    summary: 'Accounts with their rights',
    paths: ['/api/v1/accounts', '/api/v1/accounts/:login'],
    audience: some(['administrator']),
  },
  tokens: {
    summary: 'API tokens, without their secrets',
    paths: ['/api/v1/users/me/tokens'],
    audience: among('signed-in', some([], { account: 'owner' })),
  },
  sessions: {
    summary: 'Sessions',
    paths: ['/api/account/sessions'],
    audience: among('signed-in', some([], { account: 'login' })),
  },
  users: {
    summary: 'Users by their logins; what else is known of a person is for that person and staff',
    paths: ['/users', '/users/:login'],
    audience: everybody,
  },
  ownUser: { summary: 'The caller', paths: ['/user'], audience: signedIn },
  events: {
    summary: 'Events as they happen, each by the audience of its kind',
    paths: ['/events/stream'],
    audience: everybody,
  },
} as const satisfies Readonly<Record<string, GatewayRead>>
