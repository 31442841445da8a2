import pg, { type ClientConfig } from 'pg'
import type { HeldLock } from './types.ts'

/** Seconds after which Postgres takes a silent host for dead and frees its lock; these add up to 25. */
const keepAlive = `select set_config('tcp_keepalives_idle', '10', false),
  set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)`
const tryLock = `select pg_try_advisory_lock(hashtextextended('slipway.lock.' || $1, 0)) as mine`
/** Milliseconds between looks at whether the connection that holds the lock still lives. */
const beatMs = 5_000

/** Takes a lock that lasts as long as a connection of its own; undefined if somebody else has it. */
export async function holdLock(config: ClientConfig, name: string): Promise<HeldLock | undefined> {
  const client = new pg.Client(config)
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
    await client.query(keepAlive)
    const { rows } = await client.query<{ mine: boolean }>(tryLock, [name])
    if (!rows[0]?.mine) {
      await release()
      return undefined
    }
  } catch (error) {
    await release()
    throw error
  }
  beat = setInterval(() => {
    client.query('select').catch(() => client.connection.stream.destroy())
  }, beatMs)
  return { lost: lost.finally(() => clearInterval(beat)), release }
}
