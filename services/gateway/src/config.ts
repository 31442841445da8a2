import { leastPasswordLength, leastTokenLength, weakness } from '@slipway/contracts'
import { baseConfig, serviceTokenConfig } from '@slipway/service'
import { z } from 'zod'
import { limitsConfig } from './http/limits.ts'
import { downloadConfig } from './release-packages/download/settings.ts'

const flag = (fallback: boolean, description: string) => z.stringbool().default(fallback).meta({ description })
const count = (fallback: number, description: string, { min = 0, max = 1_000_000_000 } = {}) =>
  z.coerce.number().int().min(min).max(max).default(fallback).meta({ description })
const optional = (description: string) => z.string().min(1).optional().meta({ description })
const secret = (description: string, leastLength: number) =>
  z
    .string()
    .superRefine((given, context) => {
      const fault = weakness(given, leastLength)
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    })
    .optional()
    .meta({ description })
const listOf = (description: string) =>
  z
    .string()
    .transform(text =>
      text
        .split(',')
        .map(word => word.trim())
        .filter(word => word !== ''),
    )
    .optional()
    .meta({ description })

const variables = baseConfig.extend({
  ...downloadConfig.shape,
  ...limitsConfig.shape,
  SLIPWAY_PORT: count(8080, 'Port of the APIs; 0 picks a free one', { max: 65_535 }),
  SLIPWAY_HOST: z.string().default('127.0.0.1').meta({ description: 'Address the APIs listen on' }),
  SLIPWAY_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: 'Address under which clients reach the platform; links start with it. Default: what they asked for',
    }),
  SLIPWAY_PUBLIC_NATS_URL: z
    .url({ protocol: /^(?:nats|tls|wss?)$/ })
    .optional()
    .meta({ description: 'Address at which programs of others reach NATS, for the description of the bus' }),
  SLIPWAY_TRUST_PROXY: z
    .string()
    .default('false')
    .transform(text => (text === 'true' || text === 'false' ? text === 'true' : text))
    .meta({ description: 'Whose X-Forwarded-* headers count: true, false, or addresses and networks (10.0.0.0/8,…)' }),
  SLIPWAY_CORS_ORIGINS: listOf('Origins whose scripts may call the APIs: *, *.example.org, https://example.org'),
  SLIPWAY_DEVELOPMENT: flag(false, 'Callers without credentials may do everything, and scripts of all origins call'),

  SLIPWAY_ADMIN_TOKEN: secret('API token of the account admin, made or changed at start', leastTokenLength),
  SLIPWAY_ADMIN_PASSWORD: secret('Password of the account admin, made or changed at start', leastPasswordLength),
  SLIPWAY_ACCOUNTS: optional('JSON list of accounts to make sure of at start, or the path of a file with it'),
  SLIPWAY_KEY_DAYS: count(30, 'Days after which a new key signs identity tokens', { min: 1, max: 3650 }),
  SLIPWAY_LOGIN_ATTEMPTS: count(
    10,
    'Wrong passwords a minute for one login from one address; five times as many from it in all',
    {
      min: 1,
    },
  ),
  SLIPWAY_PASSWORD_COST: count(15, 'Cost of new password hashes, as the base-2 logarithm of the N of scrypt', {
    min: 10,
    max: 17,
  }),

  AUTH0_DOMAIN: optional('Issuer of external tokens; profiles of users are read from {AUTH0_DOMAIN}/userinfo'),
  AUTH0_JWKS: listOf('Where its public keys are. Default: {AUTH0_DOMAIN}/.well-known/jwks.json'),
  CACHE_AUTH0_TIMEOUT: count(86_400, 'Seconds that its keys are used before they are fetched again', { min: 1 }),
  AUTH0_AUD: serviceTokenConfig.shape.AUTH0_AUD.meta({
    description: 'Audience of the tokens that registry and coordinator send to task services: never good for callers',
  }),
  SLIPWAY_TOKEN_AUDIENCE: optional('Audience that external tokens must have; needed with AUTH0_DOMAIN or AUTH0_JWKS'),
  SLIPWAY_TOKEN_ISSUER: optional('Issuer that external tokens must have. Default: not checked'),
  SLIPWAY_ROLES_CLAIM: z
    .string()
    .default('https://kidsfirstdrc.org/roles')
    .meta({ description: 'Claim of external tokens with the roles of a user' }),
  SLIPWAY_GROUPS_CLAIM: z
    .string()
    .default('https://kidsfirstdrc.org/groups')
    .meta({ description: 'Claim of external tokens with the groups of a user' }),

  SLIPWAY_BODY_LIMIT: count(900_000, 'Bytes of a request body; concepts and mappings have a limit of their own', {
    min: 1024,
  }),
  SLIPWAY_UPLOAD_LIMIT: count(52_428_800, 'Bytes of an uploaded licence', { min: 1 }),
  SLIPWAY_RATE_LIMIT: count(0, 'Requests a minute from one address to one replica; 0: no limit'),
  SLIPWAY_ANONYMOUS_WRITES: flag(
    true,
    'Callers without credentials may add events and trigger checks, as in the original',
  ),
  SLIPWAY_ANONYMOUS_RATE_LIMIT: count(600, 'Such writes a minute from one address to one replica; 0: no limit'),

  SLIPWAY_STREAM_ANONYMOUS: flag(true, 'Callers without credentials may read /events/stream, as they may read /events'),
  SLIPWAY_STREAM_DAYS: count(7, 'Days that events can be read again from /events/stream', { min: 1, max: 3650 }),
  SLIPWAY_STREAMS: count(1_000, 'Streams that one replica keeps open at the same time', { min: 1 }),
  SLIPWAY_STREAMS_PER_ADDRESS: count(100, 'Streams of one address on one replica; 0: no limit'),
  SLIPWAY_STREAMS_PER_ACCOUNT: count(50, 'Streams of one account on one replica; 0: no limit'),

  SLIPWAY_ACCESS_LOG: z
    .enum(['all', 'errors', 'none'])
    .default('errors')
    .meta({ description: 'Requests that make a log line: all, those answered with 500 and more, none' }),
  SLIPWAY_METRICS_PUBLIC: flag(false, 'Show /metrics on the port of the APIs, too'),
  SLIPWAY_STOP_DELAY_MS: count(250, 'Milliseconds in which a stopping gateway still takes requests', { max: 60_000 }),
})

/** What the gateway reads from the environment beside what every service reads. */
export const gatewayConfig = variables.superRefine((config, context) => {
  const { AUTH0_DOMAIN, AUTH0_JWKS, AUTH0_AUD, SLIPWAY_TOKEN_AUDIENCE } = config
  const issuer = AUTH0_DOMAIN !== undefined ? 'AUTH0_DOMAIN' : 'AUTH0_JWKS'
  const fault = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message })
  if (SLIPWAY_TOKEN_AUDIENCE === undefined && (AUTH0_DOMAIN !== undefined || AUTH0_JWKS !== undefined)) {
    fault(issuer, 'it needs SLIPWAY_TOKEN_AUDIENCE, the audience of tokens that are made for callers of this platform')
  }
  if (SLIPWAY_TOKEN_AUDIENCE === AUTH0_AUD) {
    const reason = 'task services have tokens for that, and could call the platform with them'
    fault('SLIPWAY_TOKEN_AUDIENCE', `it must not be the same as AUTH0_AUD, ${AUTH0_AUD}: ${reason}`)
  }
})

export type GatewayConfig = z.output<typeof gatewayConfig>
