import type { Logger } from 'pino'
import { jitteredBackoff } from '../backoff.ts'
import { inBackground } from '../connection/in-background.ts'
import { createWakeUp } from '../wake-up.ts'
import { keepLease } from './keep-lease.ts'

export type WorkerOptions<Item> = {
  /** Names the worker in the log. */
  readonly name: string
  /**
   * Takes up to `limit` items that are due, so that nobody else takes them: `for update skip locked` and a lease. It
   * runs once at a time; its errors are logged, and it is tried again after a pause.
   */
  take(limit: number): Promise<readonly Item[]>
  /** Works on one item and settles it, its failure too; an error that comes out of here is only logged. */
  handle(item: Item, run: Run): Promise<void>
  /**
   * For items whose work may take longer than their lease: `renew` is called every third of `ms`, and returns false when
   * the item is another's by now. Without it a lease must be longer than the work.
   */
  readonly lease?: { readonly ms: number; renew(item: Item): Promise<boolean> }
  /**
   * Milliseconds until the next item is due, or null when none is known; asked when `take` found no more. Without it
   * the worker finds items that become due by polling only.
   */
  next?(): Promise<number | null>
  /** Most items at a time. */
  readonly concurrency: number
  /** Milliseconds between looks for items that other replicas put there. */
  readonly pollMs: number
  /** Milliseconds that items under way have left when the worker stops, until `leaving` is aborted. Default: no limit. */
  readonly stopPatienceMs?: number
  readonly log: Logger
}

/** What may end the work on an item early. */
export type Run = {
  /** Aborted when the lease was lost: what this process finds out from then on counts for nothing. */
  readonly lost: AbortSignal
  /** Aborted when the worker stops and its patience is over: the rest is left to another replica. */
  readonly leaving: AbortSignal
}

export type Worker = {
  /** Look now: something may be due. Cheap; many kicks are one look. */
  kick(): void
  /** Takes nothing more; resolves when the items under way are handled. */
  stop(): Promise<void>
}

const neverLost = new AbortController().signal

/** Keeps up to `concurrency` items under way: takes as many as places are free, and more as soon as one is. */
export function startWorker<Item>(options: WorkerOptions<Item>): Worker {
  const { name, take, handle, next, lease, concurrency, pollMs, stopPatienceMs, log } = options
  const wakeUp = createWakeUp()
  const running = new Set<Promise<void>>()
  const leaving = new AbortController()
  const backoff = jitteredBackoff({ baseMs: 100, maxMs: 10_000 })
  let mayHoldMore = false
  /** Looks in a row that took nothing although something was due. */
  let vain = 0
  let stopping = false

  function start(item: Item): void {
    const work = handleSafely(item).finally(() => {
      running.delete(work)
      if (mayHoldMore) wakeUp.wake()
    })
    running.add(work)
  }

  async function handleSafely(item: Item): Promise<void> {
    const kept = lease && keepLease({ leaseMs: lease.ms, renew: () => lease.renew(item), onError: notRenewed })
    try {
      await inBackground(() => handle(item, { lost: kept?.lost ?? neverLost, leaving: leaving.signal }))
    } catch (error) {
      log.error({ err: error, worker: name }, 'an item of work failed without being settled')
    } finally {
      kept?.end()
    }
  }

  function notRenewed(error: unknown): void {
    log.warn({ err: error, worker: name }, 'a lease could not be renewed')
  }

  /** Starts what is due. Returns the milliseconds until it is worth looking again, unless woken. */
  async function look(): Promise<number> {
    const free = concurrency - running.size
    if (free === 0) return pollMs
    const items = await take(free)
    for (const item of items) start(item)
    mayHoldMore = items.length >= free
    if (mayHoldMore || !next) return pollMs
    const nextMs = await next()
    if (nextMs === null || nextMs > 0 || items.length > 0) vain = 0
    else vain += 1
    // What is due and cannot be taken is held by somebody else, or `next` is wrong: asking at full speed helps nobody.
    const leastMs = 2 ** Math.min(vain, 20)
    return Math.min(pollMs, nextMs === null ? pollMs : Math.max(leastMs, nextMs))
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping) {
      let waitMs: number
      try {
        waitMs = await look()
        failures = 0
      } catch (error) {
        failures++
        waitMs = backoff(failures)
        log.warn({ err: error, worker: name }, 'no work could be taken; trying again')
      }
      const resumeAt = performance.now() + waitMs
      do {
        await wakeUp.sleep(resumeAt - performance.now())
        // After a failure only time helps, however many kicks come.
      } while (failures > 0 && !stopping && performance.now() < resumeAt)
    }
    await Promise.all(running)
  }

  const ended = inBackground(run)
  return {
    kick: wakeUp.wake,
    async stop() {
      stopping = true
      wakeUp.wake()
      const leave = () => leaving.abort(new Error('the service stops'))
      if (stopPatienceMs === 0) leave()
      const patience = stopPatienceMs ? setTimeout(leave, stopPatienceMs) : undefined
      await ended
      clearTimeout(patience)
    },
  }
}
