import { failure } from '@slipway/contracts'

export type WaitingLine = {
  /** Takes a place: at once (undefined), or when one is free. Rejects with `busy` after the longest wait. */
  enter(): Promise<void> | undefined
  /** Gives a place back, to the first that waits. */
  leave(): void
}

export type WaitingLineOptions = {
  readonly places: number
  /** Milliseconds that anybody may wait for one. */
  readonly waitMs: number
}

type Waiting = { readonly until: number; readonly enter: () => void; readonly refuse: () => void }

/** So many at the same time, first come, first served; whoever has waited too long is refused. */
export function waitingLine({ places, waitMs }: WaitingLineOptions): WaitingLine {
  const line = new Set<Waiting>()
  let taken = 0
  let isWatched = false

  /** All wait equally long, so it is always the first whose time is up first. */
  function refuseLate() {
    const now = performance.now()
    for (const waiting of line) {
      if (waiting.until > now) return void setTimeout(refuseLate, waiting.until - now)
      line.delete(waiting)
      waiting.refuse()
    }
    isWatched = false
  }

  return {
    enter() {
      if (taken < places) {
        taken += 1
        return undefined
      }
      return new Promise((resolve, reject) => {
        const refuse = () => reject(failure('busy', 'There is too much to do at the moment.', { retryAfter: 1 }))
        line.add({ until: performance.now() + waitMs, enter: resolve, refuse })
        if (!isWatched) setTimeout(refuseLate, waitMs)
        isWatched = true
      })
    },
    leave() {
      const [next] = line
      if (!next) {
        taken -= 1
        return
      }
      line.delete(next)
      next.enter()
    },
  }
}
