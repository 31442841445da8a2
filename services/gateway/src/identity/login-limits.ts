import { setTimeout as delay } from 'node:timers/promises'
import { limitAttempts } from './attempts.ts'

export type LoginLimits = {
  /**
   * Before a password is checked. Waits where many wrong ones came for this login.
   * @param client whose attempt it is; see `clientOf`
   * @throws `rate_limited` when too many came from this address
   */
  begin(login: string, client: string): Promise<LoginAttempt>
}

export type LoginAttempt = {
  /** The password was right. */
  succeeded(): void
  /** It was not checked. */
  takeBack(): void
}

const windowMs = 60_000
/** Many people may share an address. */
const loginsPerAddress = 5
const firstPauseMs = 100
const longestPauseMs = 2_000

/**
 * Limits wrong passwords: `perMinute` for one login from one address, five times as many from one address. The address is
 * counted first, so that one which is refused can do nothing to any login. However many come for a login from
 * everywhere, it is never locked, for that would lock its owner out: checks of it only become slow.
 */
export function limitLogins(perMinute: number): LoginLimits {
  const ofAddress = limitAttempts({ max: perMinute * loginsPerAddress, windowMs })
  const ofPair = limitAttempts({ max: perMinute, windowMs })
  const ofLogin = limitAttempts({ max: Number.POSITIVE_INFINITY, windowMs })
  return {
    async begin(login, client) {
      const pair = `${client} ${login}`
      ofAddress.begin(client)
      ofPair.begin(pair)
      ofLogin.begin(login)
      const pause = pauseAfter(ofLogin.count(login) - perMinute)
      if (pause > 0) await delay(pause)
      return {
        succeeded() {
          ofPair.succeeded(pair)
          // Whoever has one account could otherwise go on guessing at others.
          ofAddress.takeBack(client)
          ofLogin.takeBack(login)
        },
        takeBack() {
          ofPair.takeBack(pair)
          ofAddress.takeBack(client)
          ofLogin.takeBack(login)
        },
      }
    },
  }
}

/** Milliseconds before a check, by the number of attempts beyond what is usual. */
export function pauseAfter(beyond: number): number {
  return beyond <= 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(beyond - 1, 16))
}
