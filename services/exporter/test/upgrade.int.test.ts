import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blobMigrations } from '@slipway/blobs'
import { migrate, openStore, type Store } from '@slipway/store'
import { captureLog, createDatabase, eventually, temporaryFolder } from '@slipway/testing'
import { expect, onTestFinished, test } from 'vitest'
import { matchKeyOf, openEndKey } from '../src/mapping/mapping.ts'
import type { MappingEnds } from '../src/mapping/mapping-ends.ts'

const folder = fileURLToPath(new URL('../migrations', import.meta.url))
/** The last files of release 1.0.0, and before large tables are filled. */
const released = '0005'
const unfilled = '0012'
const { log } = captureLog()
const sql = (text: string) => ({ name: '', text })

/** A database as the files up to this one make it, with a source. */
async function databaseUpTo(last: string): Promise<{ url: string; store: Store }> {
  const copy = await temporaryFolder()
  onTestFinished(() => copy[Symbol.asyncDispose]())
  for (const file of (await readdir(folder)).filter(name => name.endsWith('.sql') && name.slice(0, 4) <= last))
    await copyFile(join(folder, file), join(copy.path, file))
  const database = await createDatabase({ migrations: [blobMigrations, copy.path] })
  onTestFinished(() => database.drop())
  const store = await openStore({ url: database.url, log, name: 'test', poolSize: 3, readConnections: 1 })
  onTestFinished(() => store.close())
  await store.write(
    sql(`insert into source (owner_type, owner, id, name, full_name, public_access, default_locale, supported_locales,
      extras, created_by, updated_by) values ('org', 'O', 'S', 'S', 'S', 'View', 'en', '{en}', '{}', 'ada', 'ada')`),
  )
  return { url: database.url, store }
}

const add = {
  name: 'test.add',
  text: `with made as (
      insert into child (source, kind, id, head, retired, search, match_key, created_on, updated_on)
      select position, $1, $2, nextval(pg_get_serial_sequence('child_version', 'position')), false, '', $4, now(), now()
      from source returning position, head
    )
    insert into child_version (position, child, number, retired, updated_on, body) overriding system value
    select head, position, 1, false, now(), $3 from made`,
}
const fill = sql(`with made as (
    insert into child (source, kind, id, head, retired, search, created_on, updated_on)
    select position, 'concept', 'C' || n, nextval(pg_get_serial_sequence('child_version', 'position')), false, '',
      now(), now() from source, generate_series(1, 5000) n
    returning position, head
  )
  insert into child_version (position, child, number, retired, updated_on, body) overriding system value
  select head, position, 1, false, now(), '{"concept_class":"Drug"}' from made`)

const ends = {
  ...{
    from_concept_url: '/orgs/O/sources/S/concepts/A/',
    from_source_url: '/orgs/O/sources/S/',
    from_concept_code: 'A',
  },
  ...{ to_concept_url: null, to_source_url: '/orgs/X/sources/ICD/', to_concept_code: 'B"1' },
}

test('an upgrade keeps of every row what lists filter and sort by, and which ends are open', async () => {
  const { url, store } = await databaseUpTo(released)
  const put = (kind: string, id: string, body: object | string, matchKey: string | null = null) =>
    store.write(add, [kind, id, typeof body === 'string' ? body : JSON.stringify(body), matchKey])
  await put('concept', 'A', {
    concept_class: 'Drug',
    datatype: 'N/A',
    display_name: 'Ä "quoted" \\ name'.padEnd(300, 'X'),
  })
  await put('concept', 'BROKEN', String.raw`{"concept_class":"Test","datatype":null,"display_name":"a\u0000b\ud800"}`)
  await put('mapping', 'M1', { map_type: 'SAME-AS', ...ends }, 'as it was 1')
  await put('mapping', 'M2', { map_type: 'SAME-AS', ...ends }, 'as it was 2')
  await put('mapping', 'M3', { map_type: 'NARROWER-THAN', ...ends, to_source_url: null }, 'as it was 3')
  await migrate(url, [blobMigrations, folder], log)

  const facets = sql('select class, datatype, label, from_code, to_code from child order by position')
  const mapping = { datatype: null, label: null, from_code: 'a', to_code: 'b"1' }
  expect(await store.read(facets)).toEqual([
    {
      ...{
        class: 'drug',
        datatype: 'n/a',
        label: 'ä "quoted" \\ name'.padEnd(200, 'x'),
        from_code: null,
        to_code: null,
      },
    },
    { class: 'test', datatype: null, label: 'a\ufffdb\ufffd', from_code: null, to_code: null },
    { class: 'same-as', ...mapping },
    { class: 'same-as', ...mapping },
    { class: 'narrower-than', ...mapping },
  ])
  const openTo = openEndKey({ sourceUrl: ends.to_source_url, code: ends.to_concept_code })
  const matchKey = matchKeyOf({ map_type: 'SAME-AS', ...ends } as MappingEnds & { map_type: string })
  const open = sql(`select id, open_to as "openTo", match_key as "matchKey", j.mapping is not null as waits
    from child c left join open_end_job j on j.mapping = c.position where kind = 'mapping' order by position`)
  expect(await store.read(open)).toEqual([
    { id: 'M1', openTo, matchKey, waits: true },
    { id: 'M2', openTo: null, matchKey: 'as it was 2', waits: false },
    { id: 'M3', openTo: null, matchKey: 'as it was 3', waits: false },
  ])
})

test('an upgrade of a large dictionary waits for no more than the rows that somebody writes meanwhile', async () => {
  const { url, store } = await databaseUpTo(unfilled)
  await store.write(fill)
  const upgraded = await store.transaction(async tx => {
    await tx.query(sql(`select from child where id = 'C4999' for update`))
    const upgrade = Promise.allSettled([migrate(url, [blobMigrations, folder], log, { lockTimeoutMs: 200 })])
    const filled = sql('select count(class) as filled, count(*) as rows from child')
    await eventually(async () => {
      const [row] = await store.read<{ filled: number; rows: number }>(filled)
      return row !== undefined && row.filled > 1_000 && row.rows === 5_000
    })
    return { upgrade }
  })
  expect(await upgraded.upgrade).toMatchObject([{ status: 'fulfilled' }])
  expect(await store.read(sql(`select count(*) as rows from child where class = 'drug'`))).toEqual([{ rows: 5_000 }])
})
