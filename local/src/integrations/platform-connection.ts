import { connect, headers, type NatsConnection } from '@nats-io/transport-node'

export type PlatformConnection = AsyncDisposable & {
  readonly nats: NatsConnection
  /**
   * Calls an operation, e.g. `coordinator.release.get`, on behalf of whose API token was given. A write is given an id
   * of its own, under which it may be repeated: it is done once.
   */
  call<Answer>(operation: string, input: object, commandId?: string): Promise<Answer>
}

export type ConnectionSettings = {
  /** Without credentials. */
  readonly url: string
  /** User of the broker; none where it asks for none. */
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** API token of an account of the platform. */
  readonly token: string
}

/** From `NATS_URL`, like `nats://user:password@host:port`, and `SLIPWAY_TOKEN`. */
export function settingsFromEnvironment({ NATS_URL, SLIPWAY_TOKEN: token } = process.env): ConnectionSettings {
  if (!NATS_URL) throw new Error('NATS_URL must hold the address of NATS, with user and password')
  if (!token) throw new Error('SLIPWAY_TOKEN must hold an API token of the platform')
  const { protocol, host, username, password } = new URL(NATS_URL)
  // Beside the address: the client does not look for credentials in it.
  const url = `${protocol}//${host}`
  return { url, user: decodeURIComponent(username), password: decodeURIComponent(password), token }
}

const timeoutMs = 5_000
const tries = 5

export async function connectToPlatform(settings: ConnectionSettings): Promise<PlatformConnection> {
  const { url, user, password, token } = settings
  const nats = await connect({
    servers: url,
    // Replies go to inboxes on which this user alone may listen.
    ...(user && { user, pass: password ?? '', inboxPrefix: `_INBOX.${user}` }),
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
  })
  let identity = { token: '', expiresAt: 0 }

  async function request(operation: string, input: object, given: Record<string, string>): Promise<unknown> {
    const sent = headers()
    for (const [name, value] of Object.entries(given)) sent.set(name, value)
    const answer = await nats.request(`slipway.v1.${operation}`, JSON.stringify(input), {
      timeout: timeoutMs,
      headers: sent,
    })
    const status = answer.headers?.get('Nats-Service-Error-Code')
    if (status) throw Object.assign(new Error(answer.headers?.get('Nats-Service-Error')), { status: Number(status) })
    return answer.data.length > 0 ? answer.json() : undefined
  }

  /** Good for minutes; asked for again a little before it expires. */
  async function identityToken(): Promise<string> {
    if (Date.now() > identity.expiresAt) {
      type Exchanged = { identity_token: string; expires_in: number }
      const answer = (await request('gateway.identity.exchange', { token }, {})) as Exchanged
      identity = { token: answer.identity_token, expiresAt: Date.now() + answer.expires_in * 1_000 - timeoutMs }
    }
    return identity.token
  }

  return {
    nats,
    async call<Answer>(operation: string, input: object, commandId?: string) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const given = {
            'Slipway-Identity': await identityToken(),
            ...(commandId && { 'Slipway-Command': commandId }),
          }
          return (await request(operation, input, given)) as Answer
        } catch (error) {
          // Refused: that will not change. Anything else may: a service restarts, or the answer was lost.
          const { status = 503 } = error as { status?: number }
          if (status < 500 || attempt === tries) throw error
          await new Promise(resolve => setTimeout(resolve, 500 * attempt))
        }
      }
    },
    [Symbol.asyncDispose]: () => nats.drain(),
  }
}

/** An event of the platform: CloudEvents 1.0. What `data` holds depends on `type`. */
export type PlatformEvent = {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly sequence: number
  readonly data: Readonly<Record<string, unknown>>
}
