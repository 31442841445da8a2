import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Logger } from 'pino'

const lock = `hashtextextended('slipway.migrate', 0)`
const holder = `
  select pid, client_addr::text as address, application_name as application, state, backend_start as "since"
  from pg_locks join pg_stat_activity using (pid)
  where locktype = 'advisory' and granted and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) + objid::bigint = ${lock}`
/** Milliseconds between two lines of a replica that goes on waiting. */
const sayEveryMs = 30_000
const longestPauseMs = 500

/**
 * Makes this session the only one that migrates its database, for as long as it lasts. While another one has the turn it
 * asks again and again: a session that stood in line would keep an old snapshot, for which some migrations wait in turn.
 */
export async function takeMigrationTurn(client: Client, log: Logger): Promise<void> {
  const startedAt = performance.now()
  let saidAt = Number.NEGATIVE_INFINITY
  for (let pauseMs = 25; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    const { rows } = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${lock}) as mine`)
    const now = performance.now()
    const waitedMs = Math.round(now - startedAt)
    if (rows[0]?.mine) {
      if (saidAt > 0)
        log.info({ event: 'migrated', waitedMs }, 'the other replica is done with its migrations; going on')
      return
    }
    if (now - saidAt >= sayEveryMs) {
      saidAt = now
      const [other] = (await client.query(holder)).rows
      log.info({ event: 'migrating', waitedMs, holder: other }, 'another replica migrates the database; waiting for it')
    }
    await delay(pauseMs)
  }
}
