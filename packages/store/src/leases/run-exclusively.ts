import type { Logger } from 'pino'
import { jitteredBackoff } from '../backoff.ts'
import type { HeldLock, Store } from '../types.ts'
import { createWakeUp } from '../wake-up.ts'
import type { Worker } from './worker.ts'

export type ExclusiveOptions = {
  readonly store: Pick<Store, 'lock'>
  /** The same in all replicas. */
  readonly name: string
  /** Begins the work; called again whenever it is this process's turn again. */
  start(): Promise<{ stop(): Promise<void> }>
  readonly log: Logger
  /** Milliseconds between looks at whether whoever has the turn is gone. Default 1,000. */
  readonly everyMs?: number
}

type Turn = { readonly lock: HeldLock; stop(): Promise<void> }

/**
 * Keeps work going in one process at a time, of all that ask for the same name. The turn ends with the connection that
 * holds its lock, so it passes on as soon as a process dies. A process that loses the connection learns of it and stops,
 * a moment after another one may have begun: what must not overlap needs a lock in its transactions, too.
 * Resolves when the first look was taken, or failed, which is logged; rejects if the work could not begin.
 */
export async function runExclusively(options: ExclusiveOptions): Promise<Omit<Worker, 'kick'>> {
  const { store, name, start, log, everyMs = 1_000 } = options
  const backoff = jitteredBackoff({ baseMs: 100, maxMs: 5_000 })
  const wakeUp = createWakeUp()
  let stopping = false
  const told = Promise.withResolvers<void>()

  async function begin(take: () => Promise<HeldLock | undefined>): Promise<Turn | undefined> {
    const lock = await take()
    if (!lock) return undefined
    try {
      const { stop } = await start()
      return { lock, stop }
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  const ask = () => store.lock(name)

  /** That a starting process cannot ask for the turn yet is no reason for it to end. */
  function askPatiently(): Promise<HeldLock | undefined> {
    return ask().catch(error => {
      log.warn({ err: error, name }, 'the turn to work alone cannot be asked for; trying again')
      return undefined
    })
  }

  async function run(turn: Turn | undefined): Promise<void> {
    if (!turn) return void (await wakeUp.sleep(everyMs))
    await Promise.race([turn.lock.lost, told.promise])
    if (!stopping) log.warn({ name }, 'the turn to work alone is lost')
    try {
      await turn.stop()
    } finally {
      await turn.lock.release()
    }
  }

  async function keepOn(first: Turn | undefined): Promise<void> {
    let next = async () => first
    const again = () => begin(ask)
    for (let failures = 0; !stopping; ) {
      try {
        const turn = await next()
        failures = 0
        next = again
        await run(turn)
      } catch (error) {
        failures += 1
        log.warn({ err: error, name }, 'the turn to work alone cannot be taken; trying again')
        await wakeUp.sleep(backoff(failures))
      }
    }
  }

  const ended = keepOn(await begin(askPatiently))
  return {
    async stop() {
      stopping = true
      told.resolve()
      wakeUp.wake()
      await ended
    },
  }
}
