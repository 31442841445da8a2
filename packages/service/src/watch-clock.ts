import { clockOffsetMs, readClock, type Store } from '@slipway/store'
import type { Logger } from 'pino'
import { Gauge } from 'prom-client'
import type { Worker } from './definition.ts'
import type { Metrics } from './metrics.ts'

/** A clock that is further off than this is a fault of the machine. */
const toleratedMs = 5_000
const readEveryMs = 30_000

/**
 * Keeps this process on the clock of its database, and says so, in the log and in a metric, while that of the machine is
 * off. Resolves after the first reading; one that fails is tried again.
 */
export async function watchClock(
  store: Pick<Store, 'read'>,
  { registry }: Pick<Metrics, 'registry'>,
  log: Logger,
): Promise<Worker> {
  let wasOff = false
  new Gauge({
    name: 'slipway_clock_offset_seconds',
    help: 'How far the clock of the machine is ahead of that of the database',
    registers: [registry],
    collect() {
      this.set(clockOffsetMs() / 1000)
    },
  })

  async function look(): Promise<void> {
    try {
      await readClock(store)
    } catch (error) {
      log.warn({ err: error }, 'the clock of the database cannot be read; trying again')
      return
    }
    const isOff = clockNote() !== undefined
    if (isOff) log.warn(clockNote(), 'the clock of this machine is off; times are taken from the database')
    else if (wasOff) log.info('the clock of this machine is right again')
    wasOff = isOff
  }

  await look()
  const timer = setInterval(look, readEveryMs)
  return { stop: async () => clearInterval(timer) }
}

/** What `/readyz` says about the clock; undefined while that is right. */
export function clockNote(): { readonly clock_offset_seconds: number } | undefined {
  const offset = clockOffsetMs()
  return Math.abs(offset) > toleratedMs ? { clock_offset_seconds: Math.round(offset / 1000) } : undefined
}
