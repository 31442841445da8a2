import { describe, expect, test } from 'vitest'
import { isForeignKeyViolation, isUniqueViolation, openStore } from '../src/mod.ts'
import { anotherStore, eventually, log, testDatabase, testStore } from './open-test-store.ts'

let names = 0
const sql = (text: string) => ({ name: `test.${++names}`, text })

describe('values', () => {
  test('come back exact: bigint, timestamps with microseconds, dates, arrays of them, json', async () => {
    const store = await testStore()
    const statement = sql(`select 9007199254740991 as safe, 9007199254740993 as big, '{1,null,3}'::bigint[] as bigs,
      timestamptz '2026-02-03 04:05:06.7+02' as at, timestamptz '2026-02-03 04:05:06' as whole,
      '{"2026-02-03 04:05:06.000001+00"}'::timestamptz[] as times, date '2026-02-03' as day, 1.50::numeric as price,
      timestamptz 'infinity' as never, '{"a": [1]}'::jsonb as parsed, '{"a":  1}'::json::text as raw, count(*) from (values (1)) v`)
    const expected = {
      safe: 9007199254740991,
      big: '9007199254740993',
      bigs: [1, null, 3],
      at: '2026-02-03T02:05:06.700000Z',
      whole: '2026-02-03T04:05:06.000000Z',
      times: ['2026-02-03T04:05:06.000001Z'],
      day: '2026-02-03',
      price: '1.50',
      never: 'infinity',
      parsed: { a: [1] },
      raw: '{"a":  1}',
      count: 1,
    }
    expect(await store.read(statement)).toEqual([expected])
    expect(await store.write(statement)).toEqual([expected])
    expect(await store.transaction(tx => tx.query(statement))).toEqual([expected])
  })

  test('go in: text arrays with quotes, bytes, objects as json, dates, null for undefined', async () => {
    const store = await testStore()
    const texts = ['plain', 'with "quotes" and \\', '', '{},', null]
    const [row] = await store.read(
      sql(
        'select $1::text[] as texts, $2::bytea as bytes, $3::json as object, $4::timestamptz as at, $5::text as nothing',
      ),
      [texts, new Uint8Array([0, 255]), { a: ['x'] }, new Date('2026-02-03T04:05:06.789Z'), undefined],
    )
    expect(row).toEqual({
      texts,
      bytes: Buffer.from([0, 255]),
      object: { a: ['x'] },
      at: '2026-02-03T04:05:06.789000Z',
      nothing: null,
    })
  })

  test('a timestamp that was read finds its row again', async () => {
    const store = await testStore()
    const [row] = await store.read<{ at: string }>(sql(`select '2026-02-03 04:05:06.123456+00'::timestamptz as at`))
    expect(
      await store.read(sql(`select $1::timestamptz = '2026-02-03 04:05:06.123456+00' as same`), [row?.at]),
    ).toEqual([{ same: true }])
  })
})

describe('errors', () => {
  test('violated constraints are recognised by code and name', async () => {
    const store = await testStore<object>()
    await store.db.schema
      .createTable('parent')
      .addColumn('id', 'integer', c => c.primaryKey())
      .execute()
    await store.write(sql('create table child (parent int constraint child_parent references parent)'))
    const insert = sql('insert into parent values (1)')
    await store.write(insert)
    const doubled = await store.write(insert).catch((error: unknown) => error)
    expect([isUniqueViolation(doubled), isUniqueViolation(doubled, 'parent_pkey')]).toEqual([true, true])
    expect([isUniqueViolation(doubled, 'other'), isForeignKeyViolation(doubled)]).toEqual([false, false])
    const orphan = await store.write(sql('insert into child values (7)')).catch((error: unknown) => error)
    expect([isForeignKeyViolation(orphan, 'child_parent'), isUniqueViolation(orphan)]).toEqual([true, false])
  })

  test('a statement over its time is given up as unavailable, on every way in', async () => {
    const store = await testStore<object>({ statementTimeoutMs: 50 })
    const slow = sql('select pg_sleep(5)')
    const timeout = { code: 'unavailable', status: 503, message: 'The database took too long.', retryAfter: 1 }
    await expect(store.read(slow)).rejects.toMatchObject(timeout)
    await expect(store.write(slow)).rejects.toMatchObject(timeout)
    await expect(store.transaction(tx => tx.query(slow))).rejects.toMatchObject(timeout)
    await expect(store.db.selectNoFrom(eb => eb.fn('pg_sleep', [eb.val(5)]).as('x')).execute()).rejects.toMatchObject(
      timeout,
    )
  })

  test('a database that is not there is unavailable', async () => {
    const url = 'postgres://postgres:postgres@127.0.0.1:1/nobody'
    await expect(openStore({ url, log, name: 'test', patienceMs: 100 })).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('a full pool is busy for those who wait too long, and serves again', async () => {
    const store = await testStore({ poolSize: 1 })
    let release = () => {}
    const held = store.transaction(() => new Promise<void>(resolve => (release = resolve)))
    await expect(store.write(sql('select 1'))).rejects.toMatchObject({ code: 'busy' })
    release()
    await held
    expect(await store.write(sql('select 2 as two'))).toEqual([{ two: 2 }])
  })

  test('a value that cannot be encoded harms neither the connection nor the statement', async () => {
    const store = await testStore({ readConnections: 1, poolSize: 1 })
    const statement = sql('select $1::json as value')
    const circular: Record<string, unknown> = {}
    circular.self = circular
    for (const run of [store.read, store.write]) {
      await expect(run(statement, [circular])).rejects.toThrow(TypeError)
      expect(await run(statement, [{ fine: true }])).toEqual([{ value: { fine: true } }])
      await expect(run(statement, [circular])).rejects.toThrow(TypeError)
      expect(await run(statement, [{ fine: true }])).toEqual([{ value: { fine: true } }])
    }
  })
})

describe('a migration under open connections', () => {
  test('does not break the statements they have planned', async () => {
    const store = await testStore({ readConnections: 3, poolSize: 3 })
    await store.write(sql('create table thing (id int)'))
    await store.write(sql('insert into thing values (1)'))
    const all = sql('select * from thing')
    const everywhere = () => Promise.all(Array.from({ length: 9 }, () => [store.read(all), store.write(all)]).flat())
    await everywhere()
    await store.write(sql('alter table thing add column name text'))
    expect(await everywhere()).toEqual(Array.from({ length: 18 }, () => [{ id: 1, name: null }]))
    await everywhere()
    await store.write(sql('alter table thing add column more text'))
    const rows = await store.transaction(tx => tx.query(all))
    expect(rows).toEqual([{ id: 1, name: null, more: null }])
    await everywhere()
    await store.write(sql('alter table thing add column yet_more text'))
    let runs = 0
    const once = store.transaction(tx => tx.query(all).finally(() => runs++), { attempts: 1 })
    await expect(once).rejects.toMatchObject({ code: 'unavailable' })
    expect(runs).toBe(1)
  })
})

describe('close', () => {
  test('answers what is under way on every way in, refuses what comes later', async () => {
    const store = await testStore({ readConnections: 2, poolSize: 2 })
    const slow = sql('select pg_sleep(0.2), 1 as one')
    await eventually(() => store.stats().readers.connected === 2)
    const running = [
      ...Array.from({ length: 6 }, () => store.read<{ one: number }>(slow)),
      ...Array.from({ length: 6 }, () => store.write<{ one: number }>(slow)),
      store.transaction(async tx => {
        await tx.query(slow)
        return tx.query<{ one: number }>(slow)
      }),
    ]
    const closed = store.close()
    expect((await Promise.all(running)).map(rows => rows[0]?.one)).toEqual(Array.from({ length: 13 }, () => 1))
    await closed
    for (const call of [() => store.read(slow), () => store.write(slow), () => store.ping()]) {
      await expect(call()).rejects.toMatchObject({ code: 'unavailable' })
    }
  })

  test('leaves no connection at the server', async () => {
    const url = await testDatabase()
    const store = await anotherStore(url, { name: 'leaving' })
    const watcher = await anotherStore(url)
    const count = sql(
      `select count(*) from pg_stat_activity where datname = current_database() and application_name = $1`,
    )
    await Promise.all([store.write(sql('select 1')), store.write(sql('select 2')), store.read(sql('select 3'))])
    expect(await watcher.read(count, ['leaving'])).not.toEqual([{ count: 0 }])
    await store.close()
    await eventually(async () => (await watcher.read<{ count: number }>(count, ['leaving']))[0]?.count === 0)
  })
})

describe('a statement that collides with another one', () => {
  test('runs again after a deadlock: as the victim it had no effect', async () => {
    const store = await testStore()
    await store.write(sql('create table pair (id int primary key, n int not null default 0)'))
    await store.write(sql('insert into pair values (1), (2)'))
    // Each takes its first row, waits until the other one has its own, and then takes that.
    const both = sql(`
      with first as (update pair set n = n + 1 where id = $1::int returning id),
        met as (select pg_sleep(0.3) from first)
      update pair set n = n + 1 where id = 3 - $1::int and exists (select from met)`)
    await Promise.all([store.write(both, [1]), store.write(both, [2])])
    expect(await store.read(sql('select n from pair order by id'))).toEqual([{ n: 2 }, { n: 2 }])
  })
})
