import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import pg, { type Client, type ClientConfig } from 'pg'
import type { Logger } from 'pino'
import { jitteredBackoff } from '../backoff.ts'
import { encodeParameters } from '../sql/encode-parameters.ts'
import type { Statement, StoreStats } from '../types.ts'
import { isConnectionFailure, sqlState, statementConfusion, translateError } from './database-error.ts'
import { gatherWrites } from './gather-writes.ts'

export type Readers = {
  read<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>
  stats(): StoreStats['readers']
  close(): Promise<void>
}

export type ReadersOptions = {
  readonly config: ClientConfig
  readonly size: number
  readonly patienceMs: number
  /** Milliseconds that a statement may take. */
  readonly statementMs: number
  readonly log: Logger
}

/** A place for one connection, which is made again whenever it is lost. */
type Slot = { client: Client | undefined; inFlight: number }

const reconnectBackoff = jitteredBackoff({ baseMs: 50, maxMs: 2_000 })
/** A Postgres that stops ends all connections at once; a moment later it is known which ones are left. */
const settleMs = 20
/** How long `close` lets answers arrive before it cuts the connections. */
const closeTimeoutMs = 10_000

/**
 * Reads over a few shared connections that are pipelined: a statement is sent while the answers of earlier ones are
 * still on their way. Each statement is followed by its own Sync, so an error ends that statement only.
 */
export function openReaders({ config, size, patienceMs, statementMs, log }: ReadersOptions): Readers {
  const closing = new AbortController()
  const slots: Slot[] = Array.from({ length: size }, () => ({ client: undefined, inFlight: 0 }))
  const loops = slots.map(keepConnected)
  const waiting = new Set<() => void>()
  let lastError: unknown
  let next = 0

  async function keepConnected(slot: Slot): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      const client = new pg.Client({ ...config, pipeline: true })
      const ended = new Promise<void>(resolve => client.once('end', () => resolve()))
      let broken = false
      client.on('error', error => {
        broken = true
        lastError = error
        drop(slot, client)
        client.connection.stream.destroy()
      })
      try {
        await client.connect()
      } catch (error) {
        failures++
        lastError = error
        if (failures === 1) log.warn({ err: error }, 'no database connection for reads; trying again')
        await delay(reconnectBackoff(failures), undefined, { signal: closing.signal }).catch(() => {})
        continue
      }
      if (failures > 0) log.info('database connection for reads is back')
      failures = 0
      // It can break in the very moment in which it is made; its end will follow.
      if (!broken) {
        slot.client = client
        for (const ready of waiting) ready()
      }
      if (closing.signal.aborted) retire(slot, client)
      await ended
      drop(slot, client)
    }
  }

  function drop(slot: Slot, client: Client): void {
    if (slot.client === client) slot.client = undefined
  }

  /** Takes no more statements on this connection; those under way are answered first. */
  function retire(slot: Slot, client: Client): void {
    if (slot.client !== client) return
    slot.client = undefined
    void client.end()
  }

  /** The connection with the fewest answers outstanding, so that reads do not queue behind a slow one; else in turn. */
  function pick(): { slot: Slot; client: Client } | undefined {
    if (closing.signal.aborted) throw failure('unavailable', 'The store is closed.')
    let best: { slot: Slot; client: Client } | undefined
    for (let i = 0; i < size; i++) {
      const slot = slots[(next + i) % size]
      if (slot?.client && (!best || slot.inFlight < best.slot.inFlight)) best = { slot, client: slot.client }
    }
    next = (next + 1) % size
    return best
  }

  async function pickPatiently(): Promise<{ slot: Slot; client: Client }> {
    const giveUpAt = performance.now() + patienceMs
    for (;;) {
      const found = pick()
      if (found) return found
      const left = giveUpAt - performance.now()
      if (left <= 0) throw failure('unavailable', 'The database cannot be reached.', { cause: lastError })
      await anyReady(left)
    }
  }

  function anyReady(timeoutMs: number): Promise<void> {
    return new Promise(resolve => {
      const ready = () => {
        clearTimeout(timer)
        waiting.delete(ready)
        resolve()
      }
      const timer = setTimeout(ready, timeoutMs)
      waiting.add(ready)
    })
  }

  async function read<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    const { text } = statement
    const parameters = encodeParameters(values)
    let name: string | undefined = statement.name
    // An answer that did not come in all the time of a statement will not come from another connection.
    const giveUpAt = performance.now() + statementMs
    let losses = 0
    let retired = 0
    for (;;) {
      // Without a pause when there is a connection: what was asked before `close` is sent before it.
      const { slot, client } = pick() ?? (await pickPatiently())
      slot.inFlight++
      try {
        gatherWrites(client.connection.stream)
        return (await client.query({ ...(name && { name }), text, values: parameters })).rows as Row[]
      } catch (error) {
        const isGone = slot.client !== client || client.connection.stream.destroyed
        const lost = isConnectionFailure(error) || (sqlState(error) === undefined && isGone)
        const confusion = statementConfusion(error)
        // A Postgres that ends takes every connection along, and under load they are seen to be gone one by one.
        if (lost && losses++ < size && performance.now() < giveUpAt) {
          drop(slot, client)
          // Whatever the server meant by it, nobody asks here any more; a new connection takes the place.
          client.connection.stream.destroy()
          await delay(settleMs)
        } else if (confusion === 'unknown' && name) {
          // Without a name it stands on its own, and gets its own error if it has one.
          name = undefined
        } else if (confusion === 'stale' && retired++ < size) {
          retire(slot, client)
        } else {
          throw translateError(error, lost)
        }
      } finally {
        slot.inFlight--
      }
    }
  }

  async function close(): Promise<void> {
    closing.abort()
    const open = slots.flatMap(slot => slot.client ?? [])
    for (const slot of slots) if (slot.client) retire(slot, slot.client)
    for (const ready of waiting) ready()
    const cut = setTimeout(() => {
      for (const client of open) client.connection.stream.destroy()
    }, closeTimeoutMs)
    await Promise.all(loops)
    clearTimeout(cut)
  }

  return {
    read,
    stats: () => ({
      connected: slots.filter(slot => slot.client).length,
      inFlight: slots.reduce((sum, slot) => sum + slot.inFlight, 0),
    }),
    close,
  }
}
