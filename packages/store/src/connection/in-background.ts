import { AsyncLocalStorage } from 'node:async_hooks'

/** A piece of background work, and how many connections it holds. */
export type BackgroundWork = { held: number }

const context = new AsyncLocalStorage<BackgroundWork>()

/**
 * Marks what `work` does, and all that it starts, as work that nobody waits for: it never takes the last connections of
 * a store, which are for requests. Workers, timers, relays and consumers run so by themselves.
 */
export function inBackground<Result>(work: () => Result): Result {
  return context.run({ held: 0 }, work)
}

/** The work that is under way here, when it is in the background. */
export function backgroundWork(): BackgroundWork | undefined {
  return context.getStore()
}
