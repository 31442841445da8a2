import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createDatabase, startOwnNats, startOwnPostgres, testNats, testPostgres } from '../src/mod.ts'

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const databases = `select datname from pg_database where not datistemplate and datname like 'test\\_%'`

test('the run has a PostgreSQL 18 whose superuser we are', async () => {
  const text = `select current_setting('server_version_num')::int / 10000 as major, rolsuper from pg_roles where rolname = current_user`
  expect(await query(testPostgres().url, text)).toEqual([{ major: 18, rolsuper: true }])
})

test('the run has a NATS with JetStream', async () => {
  const { hostname, port } = new URL(testNats().url)
  const greeting = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    socket.once('error', reject)
    socket.once('data', chunk => {
      socket.destroy()
      resolve(chunk.toString('utf8'))
    })
  })
  expect(greeting).toMatch(/^INFO .*"jetstream":true/)
})

test('every database is its own, has the migrations, and goes away', async () => {
  const first = await createDatabase({ migrations: [] })
  const second = await createDatabase({ migrations: [] })
  await query(first.url, 'create table only_here (id int)')
  const tables = `select table_name from information_schema.tables where table_name in ('only_here', 'outbox') order by 1`
  expect(await query(first.url, tables)).toContainEqual({ table_name: 'only_here' })
  expect(await query(second.url, tables)).not.toContainEqual({ table_name: 'only_here' })
  const before = (await query(testPostgres().url, databases)).length
  await first[Symbol.asyncDispose]()
  await second[Symbol.asyncDispose]()
  expect((await query(testPostgres().url, databases)).length).toBe(before - 2)
})

test('servers of a test’s own can be killed and leave nothing behind', async () => {
  const servers = await Promise.all([startOwnPostgres(), startOwnNats()])
  for (const server of servers) {
    await server.kill()
    await server.restart()
    await server[Symbol.asyncDispose]()
    expect(existsSync(dirname(server.logFile))).toBe(false)
  }
})
