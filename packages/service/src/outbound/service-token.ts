import type { Logger } from 'pino'
import { z } from 'zod'
import { userAgent } from './user-agent.ts'

/** Environment of the service token, with the names and defaults of the Kids First Release Coordinator. */
export const serviceTokenConfig = z.object({
  AUTH0_DOMAIN: z
    .string()
    .optional()
    .meta({ description: 'Where tokens for calls to task services come from, e.g. https://example.auth0.com' }),
  AUTH0_CLIENT: z.string().optional().meta({ description: 'Client id; without it, calls carry no token' }),
  AUTH0_SECRET: z.string().optional().meta({ description: 'Client secret; without it, calls carry no token' }),
  AUTH0_AUD: z
    .string()
    .default('https://kf-release-coord.kidsfirstdrc.org')
    .meta({ description: 'Audience that the task services expect in the token' }),
  CACHE_AUTH0_TIMEOUT: z.coerce
    .number()
    .positive()
    .default(86_400)
    .meta({ description: 'Seconds that a token is used at most; its own expiry ends it sooner' }),
})

export type ServiceTokenConfig = z.output<typeof serviceTokenConfig>

export type ServiceTokenOptions = ServiceTokenConfig & {
  readonly log: Logger
  /** Milliseconds to wait for a token. Default 5,000. */
  readonly timeoutMs?: number
  /** Milliseconds after a failure in which no other token is asked for. Default 30,000. */
  readonly holdOffMs?: number
}

export type ServiceToken = {
  /**
   * Headers of a call to a task service: `Authorization` and the `User-Agent` that task services know, or none if no
   * token is configured or none can be had. Never throws.
   */
  headers(): Promise<Readonly<Record<string, string>>>
  /** The same without the token, for calls to an address that nobody has vouched for yet. */
  anonymousHeaders(): Promise<Readonly<Record<string, string>>>
}

const coordinatorAgent = 'ReleaseCoordinator/production (python-requests)'
const noHeaders: Readonly<Record<string, string>> = {}
/** Seconds before its expiry at which a token is replaced; a tenth of its life if that is less. */
const marginSeconds = 60

const grantSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional(),
})

type Token = { readonly value: string; readonly renewAt: number; readonly expiresAt: number }

/**
 * The token by which task services know the platform: OAuth 2 client credentials, one request for all who wait.
 * While none can be had calls go without it, and the log says so once.
 */
export function createServiceToken(options: ServiceTokenOptions): ServiceToken {
  const { log, holdOffMs = 30_000 } = options
  let token: Token | undefined
  let renewing: Promise<void> | undefined
  let failing = false
  let retryAt = 0

  async function renew(request: () => Promise<Token>): Promise<void> {
    try {
      token = await request()
      if (failing) log.info({ event: 'service-token' }, 'service tokens can be had again')
      failing = false
    } catch (error) {
      retryAt = performance.now() + holdOffMs
      if (!failing) log.warn({ event: 'service-token', err: error }, 'no service token; calls go without one')
      failing = true
    }
  }

  const request = tokenRequest(options)

  async function headers(): Promise<Readonly<Record<string, string>>> {
    if (!request) return noHeaders
    if ((!token || performance.now() >= token.renewAt) && performance.now() >= retryAt) {
      renewing ??= renew(request).finally(() => {
        renewing = undefined
      })
      await renewing
    }
    if (!token || performance.now() >= token.expiresAt) return noHeaders
    return { authorization: `Bearer ${token.value}`, 'user-agent': coordinatorAgent }
  }

  return {
    headers,
    async anonymousHeaders() {
      const { authorization: _, ...others } = await headers()
      return others
    },
  }
}

/** How a token is asked for; undefined if that is not configured. */
function tokenRequest(options: ServiceTokenOptions): (() => Promise<Token>) | undefined {
  const { AUTH0_DOMAIN, AUTH0_CLIENT, AUTH0_SECRET, AUTH0_AUD, CACHE_AUTH0_TIMEOUT, timeoutMs = 5_000 } = options
  if (!AUTH0_DOMAIN || !AUTH0_CLIENT || !AUTH0_SECRET) return undefined
  const origin = /^https?:\/\//i.test(AUTH0_DOMAIN) ? AUTH0_DOMAIN : `https://${AUTH0_DOMAIN}`
  const url = `${origin.replace(/\/+$/, '')}/oauth/token`
  const body = JSON.stringify({
    grant_type: 'client_credentials',
    client_id: AUTH0_CLIENT,
    client_secret: AUTH0_SECRET,
    audience: AUTH0_AUD,
  })

  return async () => {
    const asked = performance.now()
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': userAgent },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new Error(`${url} answered with status ${response.status}`)
    }
    const { access_token: value, expires_in: given } = grantSchema.parse(await response.json())
    const seconds = Math.min(given ?? CACHE_AUTH0_TIMEOUT, CACHE_AUTH0_TIMEOUT)
    const expiresAt = asked + seconds * 1000
    return { value, expiresAt, renewAt: expiresAt - Math.min(marginSeconds, seconds / 10) * 1000 }
  }
}
