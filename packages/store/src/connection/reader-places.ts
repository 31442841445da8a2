import { failure } from '@slipway/contracts'
import type { Reader } from '../types.ts'
import type { Place } from './background-places.ts'

/** How many connections of a pool may be held for readers of long answers. */
export type ReaderPlaces = {
  /** A place for one reader. Waits in line. @throws `busy` after `patienceMs` */
  take(reader: Reader): Promise<Place>
  /** Readers in line. */
  readonly waiting: number
}

export type ReaderPlacesOptions = {
  readonly places: number
  /** Milliseconds that a reader may wait for a place. */
  readonly patienceMs?: number
  /** Milliseconds for which a reader may let a place lie idle that others wait for. */
  readonly slowMs?: number
}

type Waiting = { readonly enter: () => void }

const lookEveryMs = 250

/**
 * Places for readers. However many of them take little or nothing of what they asked for, they cannot keep others from
 * reading: the one that let its place lie idle for longest has to give it up when somebody waits for it.
 */
export function readerPlaces({ places, patienceMs = 10_000, slowMs = 5_000 }: ReaderPlacesOptions): ReaderPlaces {
  const reading = new Set<Reader>()
  const leaving = new Set<Reader>()
  const line = new Set<Waiting>()
  let timer: NodeJS.Timeout | undefined

  function enter(reader: Reader): Place {
    reading.add(reader)
    return {
      free() {
        reading.delete(reader)
        leaving.delete(reader)
        const [next] = line
        if (next && reading.size < places) next.enter()
      },
    }
  }

  /** As many as there are in line are sent away, those that waste most first. */
  function look() {
    if (line.size === 0) {
      clearInterval(timer)
      timer = undefined
      return
    }
    const slow = [...reading].filter(reader => !leaving.has(reader) && reader.idleMs() >= slowMs)
    slow.sort((one, other) => other.idleMs() - one.idleMs())
    for (const reader of slow.slice(0, Math.max(0, line.size - leaving.size))) {
      leaving.add(reader)
      reader.sendAway()
    }
  }

  function wait(reader: Reader): Promise<Place> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        enter() {
          clearTimeout(patience)
          line.delete(waiting)
          resolve(enter(reader))
        },
      }
      const patience = setTimeout(() => {
        line.delete(waiting)
        reject(failure('busy', 'Too many long answers are being read.', { retryAfter: 5 }))
      }, patienceMs)
      line.add(waiting)
      timer ??= setInterval(look, lookEveryMs)
      look()
    })
  }

  return {
    take: reader => (reading.size < places && line.size === 0 ? Promise.resolve(enter(reader)) : wait(reader)),
    get waiting() {
      return line.size
    },
  }
}
