import { spawnSync } from 'node:child_process'
import { serviceNames } from '@slipway/contracts'
import type { PostgresServer } from '@slipway/servers'
import { startOwnPostgres } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deployFile } from './deploy-files.ts'

const hasPsql = spawnSync('psql', ['--version']).status === 0
const passwordOf = (service: string) => `it's "${service}" $HOME \\ 1`

// A server of its own: roles belong to the whole server.
describe.skipIf(!hasPsql)('postgres-init.sh', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startOwnPostgres()
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  function run(environment: Record<string, string> = {}) {
    const { hostname, port, username, password } = new URL(server.url)
    const passwords = serviceNames.map(name => [`DATABASE_PASSWORD_${name.toUpperCase()}`, passwordOf(name)])
    return spawnSync('sh', [deployFile('postgres-init.sh')], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: username,
        PGPASSWORD: decodeURIComponent(password),
        ...Object.fromEntries(passwords),
        ...environment,
      },
    })
  }

  /** Runs SQL with psql, as one of the roles or, by default, as the superuser. */
  function ask(sql: string, database: string, role?: string) {
    const url = new URL(server.url)
    url.pathname = database
    if (role !== undefined) {
      url.username = role
      url.password = encodeURIComponent(passwordOf(role))
    }
    const args = ['--no-psqlrc', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', `--command=${sql}`, url.href]
    return spawnSync('psql', args, { encoding: 'utf8' })
  }

  it('refuses to run without a password', () => {
    const { status, stderr } = run({ DATABASE_PASSWORD_EXPORTER: '' })
    expect(stderr).toContain('DATABASE_PASSWORD_EXPORTER is not set')
    expect(status).not.toBe(0)
  })

  it.each(['first', 'second'])('makes roles and databases, the %s time it runs', () => {
    const { status, stderr } = run()
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it.each(serviceNames)('lets %s do in its own database what migrations do', name => {
    const sql = 'create schema platform; create table platform.sample (id int primary key); create extension pg_trgm'
    const { status, stderr } = ask(sql, `slipway_${name}`, name)
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it.each(serviceNames)('keeps %s out of the databases of others', name => {
    for (const other of serviceNames.filter(service => service !== name)) {
      expect(ask('select 1', `slipway_${other}`, name).stderr).toMatch(/permission denied for database/)
    }
  })

  it.each(serviceNames)('gives %s a password, and no rights over the server', name => {
    const sql = `select rolpassword like 'SCRAM-SHA-256$%', rolsuper, rolcreatedb, rolcreaterole from pg_authid where rolname = '${name}'`
    expect(ask(sql, 'postgres').stdout.trim()).toBe('t|f|f|f')
  })
})
