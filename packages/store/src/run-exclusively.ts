import type { Logger } from 'pino'
import { jitteredBackoff } from './backoff.ts'
import type { AnyStore, HeldLock } from './types.ts'
import { createWakeUp } from './wake-up.ts'
import type { Worker } from './worker.ts'

export type ExclusiveOptions = {
  readonly store: Pick<AnyStore, 'lock'>
  /** The same in all replicas. */
  readonly name: string
  /** Begins the work; called again whenever it is this process's turn again. */
  start(): Promise<{ stop(): Promise<void> }>
  readonly log: Logger
  /** Milliseconds between looks at whether whoever has the turn is gone. Default 1,000. */
  readonly everyMs?: number
}

/**
 * Keeps work going in one process at a time, of all that ask for the same name. The turn ends with the connection that
 * holds its lock, so it passes on as soon as a process dies. A process that loses the connection learns of it and stops,
 * a moment after another one may have begun: what must not overlap needs a lock in its transactions, too.
 * Resolves when the first look was taken; rejects if it failed, or if the work could not begin.
 */
export async function runExclusively(options: ExclusiveOptions): Promise<Omit<Worker, 'kick'>> {
  const { store, name, start, log, everyMs = 1_000 } = options
  const backoff = jitteredBackoff({ baseMs: 100, maxMs: 5_000 })
  const wakeUp = createWakeUp()
  let stopping = false
  const told = Promise.withResolvers<void>()

  async function begin(): Promise<{ readonly lock: HeldLock; stop(): Promise<void> } | undefined> {
    const lock = await store.lock(name)
    if (!lock) return undefined
    try {
      const { stop } = await start()
      return { lock, stop }
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  async function run(turn: Awaited<ReturnType<typeof begin>>): Promise<void> {
    if (!turn) return void (await wakeUp.sleep(everyMs))
    await Promise.race([turn.lock.lost, told.promise])
    if (!stopping) log.warn({ name }, 'the turn to work alone is lost')
    await turn.stop()
    await turn.lock.release()
  }

  async function keepOn(first: Awaited<ReturnType<typeof begin>>): Promise<void> {
    await run(first)
    for (let failures = 0; !stopping; ) {
      try {
        const turn = await begin()
        failures = 0
        await run(turn)
      } catch (error) {
        failures += 1
        log.warn({ err: error, name }, 'the turn to work alone cannot be taken; trying again')
        await wakeUp.sleep(backoff(failures))
      }
    }
  }

  const ended = keepOn(await begin())
  return {
    async stop() {
      stopping = true
      told.resolve()
      wakeUp.wake()
      await ended
    },
  }
}
