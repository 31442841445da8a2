import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { migrate } from '../src/mod.ts'
import { anotherStore, log, testDatabase } from './open-test-store.ts'

const ledger = {
  name: 'test.ledger',
  text: `select name from platform.migration where name like 'service/%' order by 1`,
}

describe('migrate', () => {
  let folder: string
  let url: string
  const put = (name: string, text: string) => writeFile(join(folder, name), text)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-migrations-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    url = await testDatabase()
    await put('0001-thing.sql', 'create table thing (id int primary key);')
    await put('0002-other.sql', 'create table other (id int); insert into thing values (1);')
  })

  test('applies files in order, once, whatever number of replicas starts', async () => {
    const done = await Promise.all([1, 2, 3, 4, 5].map(() => migrate(url, folder, log)))
    expect(done.flat().sort()).toEqual(['service/0001-thing.sql', 'service/0002-other.sql'])
    const store = await anotherStore(url)
    expect(await store.read({ name: 'test.things', text: 'select id from thing' })).toEqual([{ id: 1 }])
    await put('0003-more.sql', 'insert into thing values (2)')
    expect(await migrate(url, folder, log)).toEqual(['service/0003-more.sql'])
  })

  test('refuses an applied file that was changed', async () => {
    await migrate(url, folder, log)
    await put('0001-thing.sql', 'create table thing (id bigint primary key);')
    await expect(migrate(url, folder, log)).rejects.toThrow(/service\/0001-thing\.sql was changed/)
  })

  test('does not mind line endings', async () => {
    await put('0001-thing.sql', 'create table thing\n(id int primary key);\n')
    await migrate(url, folder, log)
    await put('0001-thing.sql', 'create table thing\r\n(id int primary key);\r\n')
    expect(await migrate(url, folder, log)).toEqual([])
  })

  test('refuses gaps, doubled numbers and names out of form before it touches the database', async () => {
    await put('0004-late.sql', 'select 1')
    await expect(migrate(url, folder, log)).rejects.toThrow(/service\/0004-late\.sql: expected number 0003/)
    await rm(join(folder, '0004-late.sql'))
    await put('0002-another.sql', 'select 1')
    await expect(migrate(url, folder, log)).rejects.toThrow(/service\/0002-other\.sql: expected number 0003/)
    await rm(join(folder, '0002-another.sql'))
    await put('3-short.sql', 'select 1')
    await expect(migrate(url, folder, log)).rejects.toThrow(/service\/3-short\.sql/)
    const store = await anotherStore(url)
    expect(await store.read(ledger)).toEqual([])
  })

  test('refuses a file put in the place of an applied one', async () => {
    await migrate(url, folder, log)
    await rm(join(folder, '0001-thing.sql'))
    await put('0001-renamed.sql', 'create table thing (id int primary key);')
    await expect(migrate(url, folder, log)).rejects.toThrow(/service\/0001-thing\.sql was applied/)
  })

  test('leaves nothing of a file that failed, and keeps those before it', async () => {
    await put('0003-broken.sql', 'create table half (id int); select 1/0;')
    await expect(migrate(url, folder, log)).rejects.toThrow(/service\/0003-broken\.sql failed: division by zero/)
    const store = await anotherStore(url)
    expect(await store.read(ledger)).toEqual([{ name: 'service/0001-thing.sql' }, { name: 'service/0002-other.sql' }])
    expect(await store.read({ name: 'test.half', text: `select to_regclass('half') as half` })).toEqual([
      { half: null },
    ])
    await put('0003-broken.sql', 'create table half (id int);')
    expect(await migrate(url, folder, log)).toEqual(['service/0003-broken.sql'])
  })

  test('a file outside a transaction keeps the steps that it committed, and goes on from there', async () => {
    await put(
      '0003-steps.sql',
      `-- Outside a transaction.
      do $$ begin
        for step in 1 .. 3 loop
          insert into other select step where not exists (select from other where id = step);
          perform 1 / (case when step = 3 then (select count(*) from thing where id = 2) else 1 end);
          commit;
        end loop;
      end $$;`,
    )
    await expect(migrate(url, folder, log)).rejects.toThrow(/service\/0003-steps\.sql failed: division by zero/)
    const store = await anotherStore(url)
    const others = { name: 'test.others', text: 'select id from other order by id' }
    expect(await store.read(others)).toEqual([{ id: 1 }, { id: 2 }])
    expect(await store.read(ledger)).toEqual([{ name: 'service/0001-thing.sql' }, { name: 'service/0002-other.sql' }])
    await store.write({ name: 'test.heal', text: 'insert into thing values (2)' })
    expect(await migrate(url, folder, log)).toEqual(['service/0003-steps.sql'])
    expect(await store.read(others)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
    expect(await migrate(url, folder, log)).toEqual([])
  })

  test('an older version starts on a newer database', async () => {
    await migrate(url, folder, log)
    await rm(join(folder, '0002-other.sql'))
    expect(await migrate(url, folder, log)).toEqual([])
  })

  test('keeps the sets of several packages apart', async () => {
    await migrate(url, folder, log)
    const other = await mkdtemp(join(tmpdir(), 'slipway-migrations-'))
    onTestFinished(() => rm(other, { recursive: true, force: true }))
    await writeFile(join(other, '0001-thing.sql'), 'create table chunk (id int)')
    expect(await migrate(url, [folder, { set: 'blobs', folder: other }], log)).toEqual(['blobs/0001-thing.sql'])
    await expect(migrate(url, [folder, other], log)).rejects.toThrow(/both the set service/)
  })

  test('says when Postgres does not come', async () => {
    const nobody = 'postgres://postgres:postgres@127.0.0.1:1/postgres'
    await expect(migrate(nobody, folder, log, { waitMs: 300 })).rejects.toMatchObject({ code: 'unavailable' })
  })
})
