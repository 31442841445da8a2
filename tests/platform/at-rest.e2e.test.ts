import { readFile } from 'node:fs/promises'
import { serviceNames } from '@slipway/contracts'
import type { Platform } from '@slipway/local'
import pg from 'pg'
import { expect, test } from 'vitest'
import { startTestPlatform } from '../support/start-test-platform.ts'

const seconds = 6
/** A look of each queue four times a second or rarer; an idle service asked up to twelve a second when this was written. */
const mostPerSecond = 30

test('a platform at rest asks its databases for little', async () => {
  await using platform = await startTestPlatform({ ownPostgres: true })
  await using watch = await watchStatements(platform)
  const before = await watch.commits()
  await watch.rest(seconds)
  const after = await watch.commits()
  const statements = await watch.statements()

  for (const service of serviceNames) {
    const database = `slipway_${service}`
    const committed = ((after[database] ?? Number.NaN) - (before[database] ?? Number.NaN)) / seconds
    const asked = (statements.get(database) ?? 0) / seconds
    expect.soft(committed, `commits a second of ${service}`).toBeLessThan(mostPerSecond)
    expect.soft(asked, `statements a second of ${service}`).toBeLessThan(mostPerSecond)
    // Whoever counts nothing finds nothing: every service looks at its outbox.
    expect.soft(asked, `statements a second of ${service}`).toBeGreaterThan(0)
  }
})

/** The server's own count of commits, and its log of statements with the database in front of each. */
async function watchStatements({ postgres }: Platform) {
  if (!postgres) throw new Error('the platform has no PostgreSQL of its own')
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  await client.query("alter system set log_line_prefix = 'database=%d '")
  await client.query("alter system set log_statement = 'all'")
  await client.query('select pg_reload_conf()')
  const start = (await readFile(postgres.logFile, 'utf8')).length
  return {
    async commits(): Promise<Record<string, number>> {
      const { rows } = await client.query('select datname, xact_commit::float8 as count from pg_stat_database')
      return Object.fromEntries(rows.map(({ datname, count }) => [datname, count]))
    },
    async rest(length: number): Promise<void> {
      await client.query('select pg_sleep($1)', [length])
    },
    async statements(): Promise<Map<string, number>> {
      const log = (await readFile(postgres.logFile, 'utf8')).slice(start)
      const found = log.matchAll(/^database=(\S*) LOG: {2}(?:execute [^:]+|statement): /gm)
      const groups = Map.groupBy(found, ([, database = '']) => database)
      return new Map([...groups].map(([database, lines]) => [database, lines.length]))
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
