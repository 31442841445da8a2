import type { Bus } from '@slipway/bus'
import type { EventEnvelope } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import { eventsAfter, type StoredEvent, type StreamEnds, streamEnds } from './stored-event.ts'
import { loadAccess, type ToldAccess, toldBy } from './told-access.ts'

/** Told to every gateway after an event was stored. */
const storedSubject = 'slipway.v1.gateway.stream.stored'

/** The newest part of the stream, read once for all readers of this replica. */
export type Tail = {
  /** Position up to which this replica knows the stream. */
  readonly last: number
  /** What the events up to there say of who may see sources and orgs. */
  readonly access: ToldAccess
  /** The newest events after a position; undefined when some of them are not in memory any more. */
  recent(after: number): readonly StoredEvent[] | undefined
  /** Resolves when there is something after a position, or the signal is aborted. */
  grown(after: number, signal: AbortSignal): Promise<void>
  /** Looks at the table at once: what any replica stored before the call is known after it. */
  catchUp(): Promise<StreamEnds>
  /** Lets every replica know that this one stored an event. */
  announce(): void
  stop(): Promise<void>
}

export type TailOptions = { readonly store: Store; readonly bus: Bus; readonly log: Logger }

/** A lost announcement costs this much. */
const pollMs = 2_000
const pageSize = 500
/** What is kept in memory: events, and characters of them. */
const mostEvents = 1_000
const mostCharacters = 4_000_000

/** Follows the stream. Only what was stored after the start is kept in memory; the rest is read from the table. */
export async function followStream({ store, bus, log }: TailOptions): Promise<Tail> {
  let { last } = await streamEnds(store)
  // After that: what both know is noted once.
  const access = await loadAccess(store)
  let first = last
  let recent: StoredEvent[] = []
  let characters = 0
  let reading: Promise<void> | undefined
  let again = false
  const waiting = new Set<() => void>()

  async function read() {
    try {
      do {
        again = false
        const events = await eventsAfter(store, last, pageSize)
        for (const event of events) keep(event)
        again ||= events.length === pageSize
        if (events.length > 0) wake()
      } while (again)
    } finally {
      // At once, not when the promise has settled: whoever asks from here on is served by a new reading.
      reading = undefined
    }
  }

  function keep(event: StoredEvent) {
    if (event.thing !== null) noteAccess(event)
    recent.push(event)
    characters += event.payload.length
    last = event.position
    if (recent.length <= mostEvents && characters <= mostCharacters) return
    // Half goes at once, so that it does not move for every event.
    const gone = recent.slice(0, Math.ceil(recent.length / 2))
    recent = recent.slice(gone.length)
    characters -= gone.reduce((sum, { payload }) => sum + payload.length, 0)
    first = (gone.at(-1) as StoredEvent).position
  }

  function noteAccess({ noun, payload }: StoredEvent) {
    if (noun !== 'org' && noun !== 'source') return
    const told = toldBy(JSON.parse(payload) as EventEnvelope)
    if (told) access.note(told)
  }

  function wake() {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  function refresh(): Promise<void> {
    again = true
    reading ??= read()
    return reading
  }

  const refreshLater = () =>
    void refresh().catch(error => log.warn({ error: error.message }, 'could not read the stream'))
  const subscription = bus.listen(storedSubject, refreshLater)
  const timer = setInterval(refreshLater, pollMs)

  return {
    get last() {
      return last
    },
    access,
    recent(after) {
      if (after < first) return undefined
      // From the end, where readers that keep up are.
      return recent.slice(recent.findLastIndex(event => event.position <= after) + 1)
    },
    async grown(after, signal) {
      if (last > after || signal.aborted) return
      await new Promise<void>(resolve => {
        const done = () => {
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        waiting.add(done)
        signal.addEventListener('abort', done)
      })
    },
    async catchUp() {
      await refresh()
      const known = await streamEnds(store)
      return { purgedTo: known.purgedTo, last }
    },
    announce: () => bus.broadcast(storedSubject, '{}'),
    async stop() {
      clearInterval(timer)
      subscription.unsubscribe()
      wake()
      await reading?.catch(() => {})
    },
  }
}
