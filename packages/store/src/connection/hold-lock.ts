import pg from 'pg'
import type { HeldLock } from '../types.ts'
import { clientConfig } from './client-config.ts'

const tryLock = `select pg_try_advisory_lock(hashtextextended('slipway.lock.' || $1, 0)) as mine`

/** Milliseconds between looks at whether the connection that holds the lock still lives, where no bound is set. */
const usualBeatMs = 5_000

export type LockOptions = {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly application: string
  readonly statementMs: number
  /**
   * Milliseconds after which Postgres takes a process for stopped that shows no sign of life, and frees its lock; it
   * shows four in that time. 0: never.
   */
  readonly silenceMs: number
}

/** Takes a lock that lasts as long as a connection of its own; undefined if somebody else has it. */
export async function holdLock(options: LockOptions, name: string): Promise<HeldLock | undefined> {
  const { url, application, statementMs, silenceMs } = options
  const client = new pg.Client(clientConfig(url, application, { statementMs, idleMs: silenceMs }))
  const lost = new Promise<void>(resolve => client.once('end', resolve))
  // The end of the connection, which follows, is what counts.
  client.on('error', () => {})
  let beat: NodeJS.Timeout | undefined

  async function release() {
    clearInterval(beat)
    await client.end().catch(() => {})
  }

  try {
    await client.connect()
    const { rows } = await client.query<{ mine: boolean }>(tryLock, [name])
    if (!rows[0]?.mine) {
      await release()
      return undefined
    }
  } catch (error) {
    await release()
    throw error
  }
  beat = setInterval(
    () => {
      client.query('select').catch(() => client.connection.stream.destroy())
    },
    silenceMs > 0 ? silenceMs / 4 : usualBeatMs,
  )
  return { lost: lost.finally(() => clearInterval(beat)), release }
}
