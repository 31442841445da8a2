import type { Bus } from '@slipway/bus'
import { identityOperations, revokedSchema, revokedSubject } from '@slipway/contracts'
import type { Logger } from 'pino'

export type Revocations = {
  /** Whether an identity token with these keys was revoked. A look into a set for each key. */
  has(keys: readonly string[]): boolean
  /**
   * Resolves when what was revoked before this process listened is known.
   * @throws `unavailable` or `timeout` if it is not, and the gateway cannot be asked
   */
  ready(): Promise<void>
  stop(): void
}

/** How long a message that never came leaves a hole at most, while the gateway can be asked. */
const refreshMs = 30_000
const retryMs = 5_000
const askMs = 2_000

/**
 * Keeps what identity tokens were revoked by. The gateway tells of each revocation at once; what was missed, because this
 * process was not there, the connection was lost, or the gateway died before it told, is asked for: at first, after each
 * reconnect, and every 30 seconds. While the gateway cannot be asked, what is known goes on counting.
 */
export function followRevocations(bus: Bus, log: Logger): Revocations {
  let revoked = new Set<string>()
  /** Told since the list was asked for, so perhaps not in it. */
  let meanwhile = new Set<string>()
  let isKnown = false
  let asking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function fetchAll(): Promise<void> {
    meanwhile = new Set()
    const { keys } = await bus.call(identityOperations.revocations, {}, { timeoutMs: askMs })
    revoked = new Set([...keys, ...meanwhile])
    isKnown = true
  }

  /** After what was asked before: its answer may be older than what made this be asked. */
  function ask(): Promise<void> {
    const before = asking?.catch(() => {}) ?? Promise.resolve()
    const mine = before.then(fetchAll).finally(() => {
      if (asking === mine) asking = undefined
    })
    asking = mine
    return mine
  }

  function refreshIn(ms: number): void {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(refresh, ms).unref()
  }

  function refresh(): void {
    ask().then(
      () => refreshIn(refreshMs),
      error => {
        log.debug({ err: error }, 'the gateway did not tell which identity tokens were revoked')
        refreshIn(retryMs)
      },
    )
  }

  const subscription = bus.listen(revokedSubject, body => {
    for (const key of revokedSchema.parse(JSON.parse(body)).keys) {
      revoked.add(key)
      meanwhile.add(key)
    }
  })
  bus.onReconnect(refresh)
  refresh()

  return {
    has: keys => keys.some(key => revoked.has(key)),
    async ready() {
      if (!isKnown) await (asking ?? ask())
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      subscription.unsubscribe()
    },
  }
}
