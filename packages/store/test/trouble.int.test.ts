import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTo, createServer, type Socket } from 'node:net'
import { isFailure } from '@slipway/contracts'
import { describe, expect, onTestFinished, test } from 'vitest'
import { translateError } from '../src/connection/database-error.ts'
import type { Store } from '../src/mod.ts'
import { anotherStore, eventually, testDatabase, testStore } from './open-test-store.ts'

let names = 0
const sql = (text: string) => ({ name: `test.trouble.${++names}`, text })
const raise = (state: string) =>
  sql(`do $$ begin raise exception using errcode = '${state}', message = 'trouble'; end $$`)
const later = (message: string | RegExp) => ({
  code: 'unavailable',
  status: 503,
  message: typeof message === 'string' ? message : expect.stringMatching(message),
  retryAfter: expect.any(Number),
})

/** Every way of a statement to the database that may fail. */
const ways: readonly (readonly [
  string,
  (store: Store, statement: { name: string; text: string }) => Promise<unknown>,
])[] = [
  ['a read', (store, statement) => store.read(statement)],
  ['a write', (store, statement) => store.write(statement)],
  ['a transaction', (store, statement) => store.transaction(tx => tx.query(statement))],
]

describe('what is no fault of a statement is answered as unavailable', () => {
  test.each([
    ['25006', /read-only/],
    ['53000', /short of resources/],
    ['53100', /no space left/],
    ['53200', /short of resources/],
    ['53300', /no more connections/],
    ['53400', /short of resources/],
    ['57014', /took too long/],
    ['57P01', /cannot be reached/],
    ['57P02', /cannot be reached/],
    ['57P03', /cannot be reached/],
    ['57P05', /cannot be reached/],
    ['08000', /cannot be reached/],
    ['08006', /cannot be reached/],
    ['08P01', /cannot be reached/],
    ['25P03', /cannot be reached/],
    ['25P04', /cannot be reached/],
    ['40001', /Too many changes/],
    ['40P01', /Too many changes/],
    ['55P03', /Another change/],
    ['58030', /trouble with its disk/],
  ])('SQLSTATE %s, whichever way it comes', async (state, message) => {
    const store = await testStore({ readConnections: 1, poolSize: 2 })
    for (const [, run] of ways) await expect(run(store, raise(state))).rejects.toMatchObject(later(message))
    expect(await store.write(sql('select 1 as one'))).toEqual([{ one: 1 }])
    expect(await store.read(sql('select 1 as one'))).toEqual([{ one: 1 }])
  })

  test('a fault of the statement stays one', async () => {
    const store = await testStore()
    for (const [, run] of ways) {
      await expect(run(store, sql('select 1/0'))).rejects.toMatchObject({ code: '22012' })
      await expect(run(store, raise('42501'))).rejects.toMatchObject({ code: '42501' })
    }
  })

  test('errors that have no SQLSTATE', () => {
    const lost = ['Connection terminated unexpectedly', 'Query read timeout', 'timeout expired', 'Client was closed']
    for (const text of lost) expect(translateError(new Error(text), true)).toMatchObject(later(/cannot be reached/))
    const bug = new TypeError('undefined is not a function')
    expect(translateError(bug, false)).toBe(bug)
  })
})

describe('a database that is read-only for a while', () => {
  test.each(['database', 'role'])(
    'by a setting of the %s: answered with later, and again writable by itself',
    async what => {
      const url = await testDatabase()
      const admin = await anotherStore(url)
      await admin.write(sql('create table thing (id int)'))
      const name = new URL(url).pathname.slice(1)
      const role = `role_${randomUUID().replaceAll('-', '')}`
      await admin.write(sql(`create role ${role} login superuser password 'secret'`))
      onTestFinished(async () => {
        const last = await anotherStore(url)
        await last.write(sql(`drop role ${role}`))
      })
      const own = new URL(url)
      own.username = role
      own.password = 'secret'
      const store = await anotherStore(own.href, { poolSize: 3 })
      const target = what === 'database' ? `database "${name}"` : `role ${role}`
      const insert = sql('insert into thing values (1)')
      await store.write(insert)
      await store.ping()

      await admin.write(sql(`alter ${target} set default_transaction_read_only = on`))
      await admin.write(
        sql(
          `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}' and pid <> pg_backend_pid()`,
        ),
      )
      await eventually(() =>
        store.write(insert).catch(error => isFailure(error, 'unavailable') && /read-only/.test(error.message)),
      )
      await expect(store.write(insert)).rejects.toMatchObject(later('The database is read-only at the moment.'))
      await expect(store.transaction(tx => tx.query(insert))).rejects.toMatchObject(later(/read-only/))
      await expect(store.ping()).rejects.toMatchObject(later(/read-only/))
      expect(await store.read(sql('select count(*) > 0 as some from thing'))).toEqual([{ some: true }])

      const direct = new URL(url)
      direct.searchParams.set('options', '-c default_transaction_read_only=off')
      await (await anotherStore(direct.href)).write(sql(`alter ${target} reset default_transaction_read_only`))
      // Its sessions began while it was read-only.
      await eventually(() => store.ping().then(() => true))
      await store.write(insert)
      await store.transaction(tx => tx.query(insert))
    },
  )
})

test('a full disk is told until there is room again', async () => {
  const store = await testStore()
  await store.ping()
  await expect(store.write(raise('53100'))).rejects.toMatchObject(later(/no space left/))
  // The disk is not full in truth: the first look finds room.
  await store.ping()
})

test('a role that may have no more connections is told to come later', async () => {
  const url = await testDatabase()
  const admin = await anotherStore(url)
  const role = `role_${randomUUID().replaceAll('-', '')}`
  await admin.write(sql(`create role ${role} login connection limit 2 password 'secret'`))
  onTestFinished(async () => void (await (await anotherStore(url)).write(sql(`drop role ${role}`))))
  const own = new URL(url)
  own.username = role
  own.password = 'secret'
  const store = await anotherStore(own.href, { poolSize: 4, readConnections: 1, patienceMs: 200 })
  await eventually(() => store.stats().readers.connected === 1)
  const results = await Promise.allSettled(Array.from({ length: 4 }, () => store.write(sql('select pg_sleep(1)'))))
  const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
  expect(refused.length).toBeGreaterThan(0)
  for (const reason of refused) expect(reason).toMatchObject(later(/no more connections/))
})

test('a server that falls silent in the middle of a statement is told to be away, on every way in', async () => {
  const url = new URL(await testDatabase())
  const sockets = new Set<Socket>()
  let silent = false
  const proxy = createServer(socket => {
    const upstream = connectTo(Number(url.port), url.hostname)
    for (const one of [socket, upstream]) {
      sockets.add(one)
      one.on('error', () => {})
    }
    socket.on('data', data => silent || upstream.write(data))
    upstream.on('data', data => silent || socket.write(data))
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  const address = proxy.address()
  const through = new URL(url)
  through.port = String(typeof address === 'object' && address?.port)
  // A statement is given up two seconds after the server should have done so.
  const store = await anotherStore<object>(through.href, { statementTimeoutMs: 100, poolSize: 3, readConnections: 1 })
  await store.write(sql('select 1'))
  await store.read(sql('select 1'))
  silent = true
  const asked = ways.map(([, run]) => run(store, sql('select 1')))
  const kysely = store.db.selectNoFrom(eb => eb.val(1).as('one')).execute()
  for (const answer of [...asked, kysely]) await expect(answer).rejects.toMatchObject(later(/cannot be reached/))
})
