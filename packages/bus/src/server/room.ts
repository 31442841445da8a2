import { failure } from '@slipway/contracts'
import { type Deadline, type Deadlines, monotonic } from '../connection/deadlines.ts'

/** Bytes up to which nobody waits for room. */
export const smallBytes = 256 * 1024

/** Bytes of large things that one process holds as values at the same time; one that is larger has all of it for itself. */
export const roomBytes = 4 * 1024 * 1024

/** Calls at most that wait for room. */
const backlog = 32

export type Room = {
  /**
   * Takes room, in the order of asking; never what is left behind whoever asked before. Rejects with `busy` at
   * `giveUpAt`, by `monotonic()`, or at once when too many wait.
   */
  take(bytes: number, giveUpAt: number): Promise<void>
  /** Gives room back. */
  leave(bytes: number): void
}

type Waiting = Deadline & { readonly bytes: number; readonly enter: () => void }

/**
 * Bounds what large bodies become when they are read, many times their size: few of them are values at the same time.
 * Whoever has room and wants more gives it back first, so that nobody waits for another who waits.
 */
export function createRoom(deadlines: Deadlines, total = roomBytes): Room {
  const line = new Set<Waiting>()
  let free = total

  function admit() {
    for (const waiting of line) {
      if (waiting.bytes > free) return
      free -= waiting.bytes
      line.delete(waiting)
      deadlines.delete(waiting)
      waiting.enter()
    }
  }

  return {
    take(wanted, giveUpAt) {
      const bytes = Math.min(wanted, total)
      if (line.size === 0 && bytes <= free) {
        free -= bytes
        return Promise.resolve()
      }
      if (line.size >= backlog || giveUpAt <= monotonic()) return Promise.reject(noRoom())
      return new Promise((enter, reject) => {
        const waiting: Waiting = {
          bytes,
          enter,
          dueAt: giveUpAt,
          due() {
            line.delete(waiting)
            deadlines.delete(waiting)
            reject(noRoom())
            // Those behind may be smaller.
            admit()
          },
        }
        line.add(waiting)
        deadlines.add(waiting)
      })
    },
    leave(given) {
      free += Math.min(given, total)
      admit()
    },
  }
}

const noRoom = () => failure('busy', 'Too many large bodies are under way.', { retryAfter: 1 })
