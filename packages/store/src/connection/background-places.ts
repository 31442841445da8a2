import { failure } from '@slipway/contracts'
import type { BackgroundWork } from './in-background.ts'

/** How many connections of a pool background work may hold. */
export type BackgroundPlaces = {
  /**
   * A place for one connection; undefined where there is no work that is in no hurry. Waits in line, for `patienceMs` at
   * most. @throws `busy` after that
   */
  take(work: BackgroundWork | undefined): Promise<Place | undefined> | undefined
  /** Callers in line. */
  readonly waiting: number
}

export type Place = { free(): void }

/** Background work is in no hurry, but what hangs should be seen. */
const defaultPatienceMs = 30_000

/**
 * Keeps three in ten connections of a pool for requests, one at least. Work that holds a connection already and needs
 * one more gets it all the same, except the last: it would otherwise wait for itself.
 */
export function backgroundPlaces(size: number, patienceMs = defaultPatienceMs): BackgroundPlaces {
  const most = Math.max(1, size - Math.max(1, Math.ceil(size * 0.3)))
  const mostNested = Math.max(most, size - 1, Math.min(size, 2))
  const line: { readonly work: BackgroundWork; readonly enter: () => void }[] = []
  let used = 0

  const mayEnter = (work: BackgroundWork) => used < (work.held > 0 ? mostNested : most)

  function enter(work: BackgroundWork): Place {
    used += 1
    work.held += 1
    return {
      free() {
        used -= 1
        work.held -= 1
        const next = line.findIndex(waiting => mayEnter(waiting.work))
        if (next >= 0) line.splice(next, 1)[0]?.enter()
      },
    }
  }

  function wait(work: BackgroundWork): Promise<Place> {
    return new Promise((resolve, reject) => {
      const waiting = {
        work,
        enter() {
          clearTimeout(patience)
          resolve(enter(work))
        },
      }
      const patience = setTimeout(() => {
        line.splice(line.indexOf(waiting), 1)
        reject(failure('busy', 'Background work uses every connection it may have.', { retryAfter: 1 }))
      }, patienceMs)
      line.push(waiting)
    })
  }

  return {
    take(work) {
      if (!work) return undefined
      return mayEnter(work) ? Promise.resolve(enter(work)) : wait(work)
    },
    get waiting() {
      return line.length
    },
  }
}
