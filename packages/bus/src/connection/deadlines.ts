/** Something that must happen at a time if nothing else happens before. */
export type Deadline = {
  /** By `monotonic()`. May be moved while the deadline is watched. */
  dueAt: number
  /** Runs once a sweep from `dueAt` on, until the deadline is deleted or moved. Must not throw. */
  due(now: number): void
  /** Runs when the connection is lost or about to be closed. */
  disconnected?(): void
}

/**
 * All deadlines of one bus: calls, streams, lazily made abort signals. One timer sweeps them, because a timer for
 * each request costs more than the request's own book-keeping. Anything may be late by one sweep, about 40 ms.
 */
export type Deadlines = {
  add(deadline: Deadline): void
  delete(deadline: Deadline): void
  disconnected(): void
  /** Everything is due at once. */
  stop(): void
}

const sweepEveryMs = 40

/** Milliseconds by a clock that never jumps. */
export function monotonic(): number {
  return performance.now()
}

export function watchDeadlines(): Deadlines {
  const watched = new Set<Deadline>()
  let timer: NodeJS.Timeout | undefined

  function sweep(now: number) {
    for (const deadline of watched) if (deadline.dueAt <= now) deadline.due(now)
    if (watched.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function disconnected() {
    for (const deadline of watched) deadline.disconnected?.()
  }

  return {
    add(deadline) {
      watched.add(deadline)
      timer ??= setInterval(() => sweep(monotonic()), sweepEveryMs).unref()
    },
    delete: deadline => void watched.delete(deadline),
    disconnected,
    stop() {
      disconnected()
      sweep(Number.POSITIVE_INFINITY)
    },
  }
}
