import type { Store } from '@slipway/store'
import { matches } from './filter.ts'
import { type EventFilter, eventsBetween, type StoredEvent } from './stored-event.ts'
import type { Tail } from './tail.ts'

const pageSize = 200

/** Events of one page; `upTo` is the position up to which there are no others that match. */
export type EventPage = { readonly events: readonly StoredEvent[]; readonly upTo: number }

/**
 * Reads the stream from after a position for as long as it is asked for more, waiting at its end. Pages come from memory
 * for readers that keep up, from the table for those that do not; nothing is read ahead of a reader.
 */
export async function* readStream(
  store: Store,
  tail: Tail,
  filter: EventFilter,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<EventPage> {
  let position = from
  while (!signal.aborted) {
    const page = await nextPage(store, tail, filter, position)
    if (signal.aborted) return
    if (page.upTo === position) await tail.grown(position, signal)
    else {
      position = page.upTo
      if (page.events.length > 0) yield page
    }
  }
}

async function nextPage(store: Store, tail: Tail, filter: EventFilter, position: number): Promise<EventPage> {
  // Taken before reading, so that a page never claims more than it looked at.
  const upTo = Math.max(tail.last, position)
  if (upTo === position) return { events: [], upTo }
  const recent = tail.recent(position)
  if (recent) return { events: recent.filter(event => matches(filter, event)), upTo: tail.last }
  const found = await eventsBetween(store, position, upTo, filter, pageSize)
  // What became private since it was stored is known here only.
  const events = found.filter(event => matches(filter, event))
  return { events, upTo: found.length < pageSize ? upTo : (found.at(-1) as StoredEvent).position }
}
