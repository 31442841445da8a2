import { z } from 'zod'
import { everybody, onlyService, some } from './audience.ts'
import { eventEnvelopeSchema } from './event.ts'
import { identitySchema, revokedSchema } from './identity.ts'
import { isoTime } from './iso-times.ts'
import { operation, type ServiceName, serviceNames } from './operation.ts'
import { among } from './read-audience.ts'

/** What whoever is not one of the services that an operation is for is answered. */
const services = ['unauthenticated', 'forbidden'] as const

/** Public keys that identity tokens are signed with, as a JSON Web Key Set; services fetch it when they meet a new key id. */
export const identityOperations = {
  keys: operation('gateway.identity.keys', {
    summary: 'Public keys of identity tokens (JWKS)',
    effect: 'read',
    audience: everybody,
    input: z.object({}),
    output: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  }),
  /** What identity tokens that have not expired were revoked by; services keep it, and hear of later ones. */
  revocations: operation('gateway.identity.revocations', {
    summary: 'Revocation keys that make identity tokens void before they expire; for services of the platform',
    effect: 'read',
    audience: among('let-in', onlyService(...serviceNames)),
    input: z.object({}),
    output: revokedSchema,
  }),
  /** For what is given out for longer than an identity token lives, e.g. signed URLs. */
  check: operation('gateway.identity.check', {
    summary: 'Tells whether an account and a credential are as they were; for services of the platform',
    effect: 'read',
    audience: onlyService('exporter'),
    input: z.object({ revocation_keys: z.array(z.string().max(200)).max(10) }),
    output: z.object({ good: z.boolean() }),
    errors: services,
  }),
  /** For what is to belong to somebody else than the caller. */
  login: operation('gateway.identity.login', {
    summary:
      'The login of an account or of a user of the external issuer as it is written there; for services of the platform',
    effect: 'read',
    audience: onlyService('exporter'),
    input: z.object({ login: z.string().min(1).max(1024) }),
    output: z.object({
      login: z.string().nullable().meta({ description: "null: nobody's. Logins of deleted accounts are nobody's" }),
    }),
    errors: services,
  }),
  /** For programs that call operations with their own credentials: exchanges an API token for an identity token. */
  exchange: operation('gateway.identity.exchange', {
    summary: 'Exchanges an API token for a short-lived identity token',
    effect: 'read',
    audience: everybody,
    input: z.object({ token: z.string().min(1).max(1024) }),
    output: z.object({ identity_token: z.string(), expires_in: z.int().positive(), identity: identitySchema }),
    errors: ['unauthenticated'],
  }),
  /** For the catalog, which writes to whoever registered. */
  activation: operation('gateway.identity.activation', {
    summary:
      'Makes a new key that activates an account, in place of the one before; for the service that mails it only',
    effect: 'write',
    audience: onlyService('catalog'),
    input: z.object({ login: z.string().min(1) }),
    output: z.object({
      activation_key: z
        .string()
        .nullable()
        .meta({ description: 'null: there is nothing to activate, or not any more' }),
    }),
    errors: services,
  }),
  /**
   * For services of the platform, which prove by it who they are, and act by themselves, e.g. as participants of releases.
   * The permissions of the broker let nobody else call it.
   */
  service: operation('gateway.identity.service', {
    summary: 'A short-lived identity token of a service of the platform; for those services only',
    effect: 'read',
    audience: among('let-in', onlyService(...serviceNames)),
    input: z.object({ service: z.enum(serviceNames) }),
    output: z.object({ identity_token: z.string(), expires_in: z.int().positive() }),
  }),
}

const deadLetterSchema = z.object({
  id: z.int(),
  consumer: z.string(),
  subject: z.string(),
  event_id: z.string().nullable(),
  stream_sequence: z.int(),
  attempts: z.int(),
  error: z.string(),
  dead_at: z.string(),
  state: z.enum(['dead', 'replayed', 'discarded']),
  state_at: z.string().nullable(),
  state_by: z.string().nullable(),
})

const administrator = ['unauthenticated', 'forbidden'] as const
const ofAggregate = { noun: z.string().max(100), aggregate: z.string().max(1024) }

/** Operations that every service answers about itself; for administrators, and for each other. */
export function serviceOperations(service: ServiceName) {
  const id = z.int().positive()
  return {
    deadLetters: operation(`${service}.dead-letter.list`, {
      summary: 'Lists events that a consumer gave up on, newest first',
      effect: 'read',
      audience: some(['release-administrator']),
      input: z.object({
        consumer: z.string().optional(),
        state: z.enum(['dead', 'replayed', 'discarded']).optional(),
        limit: z.int().min(1).max(1000).default(100),
        before: z.int().positive().optional().meta({ description: 'Only letters with a smaller id' }),
      }),
      output: z.object({ results: z.array(deadLetterSchema) }),
      errors: administrator,
    }),
    deadLetter: operation(`${service}.dead-letter.get`, {
      summary: 'Reads a dead letter with its payload',
      effect: 'read',
      audience: some(['release-administrator']),
      input: z.object({ id }),
      output: deadLetterSchema.extend({ payload: z.string() }),
      errors: [...administrator, 'not_found'],
    }),
    replay: operation(`${service}.dead-letter.replay`, {
      summary: 'Handles a dead letter once more',
      effect: 'write',
      input: z.object({ id }),
      output: deadLetterSchema,
      errors: [...administrator, 'not_found', 'refused'],
    }),
    discard: operation(`${service}.dead-letter.discard`, {
      summary: 'Marks a dead letter as not to be handled',
      effect: 'write',
      input: z.object({ id }),
      output: deadLetterSchema,
      errors: [...administrator, 'not_found', 'refused'],
    }),
    recorded: operation(`${service}.outbox.recorded`, {
      summary: 'The kept events of one resource, in their order: for whoever missed them',
      effect: 'read',
      audience: onlyService('coordinator', 'catalog'),
      input: z.object({
        ...ofAggregate,
        newest: z.int().min(1).max(1000).optional().meta({ description: 'Only so many, the newest' }),
      }),
      output: z.object({ events: z.array(eventEnvelopeSchema) }),
      errors: services,
    }),
    catchUp: operation(`${service}.consumer.catch-up`, {
      summary:
        'Has a consumer handle the newest events of one resource before they are delivered; for the service that wrote them',
      effect: 'write',
      audience: onlyService('registry', 'gateway'),
      input: z.object({ consumer: z.string().max(100), source: z.enum(serviceNames), ...ofAggregate }),
      output: z.void(),
      errors: [...services, 'refused'],
    }),
    republish: operation(`${service}.outbox.republish`, {
      summary: 'Sends kept events once more, for instance after the broker lost its files',
      effect: 'write',
      input: z.object({
        since: isoTime().optional().meta({ description: 'Only events recorded at this time or later' }),
        aggregate: z.string().optional().meta({ description: 'Only events of this aggregate' }),
      }),
      output: z.object({ events: z.int().min(0) }),
      errors: administrator,
    }),
  }
}
