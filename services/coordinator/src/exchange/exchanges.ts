import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import { type Exchange, keepExchanges } from './exchange.store.ts'

/** Why a request was broken off. */
export type BreakOff = 'lost' | 'in the way' | 'leaving'

export type HeldExchange = Exchange & {
  /** The command that is carried out, if it is one. */
  readonly command?: string
}

export type Exchanges = {
  /** Does the work while the exchange is renewed; its signal says when to break off, with a `BreakOff` as the reason. */
  during(exchange: HeldExchange, work: (signal: AbortSignal) => Promise<void>): Promise<void>
  /** Breaks off what is under way after a few seconds, unless it ends before. */
  leave(): void
  close(): void
}

export type ExchangesOptions = {
  readonly store: Store<Database>
  readonly log: Logger
}

const renewEveryMs = 1000
/** A cancel waits so long for the request that is under way, so that it does not overtake it; then that is broken off. */
const patienceSeconds = 5
const leavePatienceMs = 4000

/** Keeps the leases of what this process has under way with task services. */
export function createExchanges({ store, log }: ExchangesOptions): Exchanges {
  const running = new Map<HeldExchange, AbortController>()
  let patience: NodeJS.Timeout | undefined

  async function renew(): Promise<void> {
    const held = [...running]
    const commands = held.flatMap(([{ command }]) => command ?? [])
    const exchanges = held.map(([exchange]) => exchange)
    const standings = await keepExchanges(store, exchanges, commands, patienceSeconds)
    const bySubject = new Map(standings.map(({ subject, standing }) => [subject, standing]))
    for (const [{ subject }, controller] of held) {
      const standing = bySubject.get(subject)
      if (standing) controller.abort(standing satisfies BreakOff)
    }
  }

  const renewal = setInterval(() => {
    if (running.size === 0) return
    renew().catch(error => log.warn({ err: error }, 'could not renew the leases of requests to task services'))
  }, renewEveryMs)

  return {
    async during(exchange, work) {
      const controller = new AbortController()
      running.set(exchange, controller)
      try {
        await work(controller.signal)
      } finally {
        running.delete(exchange)
      }
    },
    leave() {
      patience = setTimeout(() => {
        for (const controller of running.values()) controller.abort('leaving' satisfies BreakOff)
      }, leavePatienceMs)
    },
    close() {
      clearTimeout(patience)
      clearInterval(renewal)
    },
  }
}
