import type { Bus } from '@slipway/bus'
import { inBackground, resendLost, type Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { Worker } from './definition.ts'

const lookEveryMs = 10_000
/** While it is not known which stream there is. */
const askEveryMs = 500

export type EventStreamWatch = Worker & {
  /** False from a lost connection, or a sending that failed, until the stream was looked at: it may be another one. */
  readonly isKnown: boolean
  /** Looks at once. */
  doubt(): void
}

/**
 * Has the kept events sent again when the event stream was lost: made anew, or without its newest events. Resolves after
 * the first look, so that nothing new is sent before what is missing; a look that fails is made again.
 */
export async function watchEventStream(
  bus: Pick<Bus, 'connected' | 'ensureStream' | 'onReconnect'>,
  store: Store,
  log: Logger,
): Promise<EventStreamWatch> {
  let doubts = 0
  let settledDoubts = -1
  let looking: Promise<void> | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let stopping = false
  const isKnown = () => bus.connected && settledDoubts === doubts

  async function look(): Promise<void> {
    const settles = doubts
    lookedAt = performance.now()
    try {
      const events = await inBackground(() => resendLost(store, bus.ensureStream))
      if (events > 0) log.warn({ event: 'resent', events }, 'the event stream was lost; kept events are sent again')
      settledDoubts = settles
      store.outboxChanged.emit()
    } catch (error) {
      log.warn({ err: error }, 'the event stream cannot be looked at; trying again')
    }
    looking = undefined
  }

  function lookWhenDue(): void {
    if (stopping || !bus.connected) return
    if (!isKnown() || performance.now() - lookedAt >= lookEveryMs) looking ??= look()
  }

  function doubt(): void {
    doubts += 1
    lookWhenDue()
  }

  bus.onReconnect(doubt)
  await look()
  const timer = setInterval(lookWhenDue, askEveryMs)
  return {
    get isKnown() {
      return isKnown()
    },
    doubt,
    async stop() {
      stopping = true
      clearInterval(timer)
      await looking
    },
  }
}
