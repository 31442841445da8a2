import { openStore, type Store } from '@slipway/store'
import { captureLog, createDatabase } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findWantedFile } from '../src/download/download.store.ts'
import { mayDownload } from '../src/download/gate.ts'
import { affiliates, expectedDecision, guardedFiles, viewers } from './gate-cases.ts'

const opened = new AsyncDisposableStack()
let store: Store
let files: { readonly version: number; readonly package: number; readonly file: number }[]

beforeAll(async () => {
  const database = opened.use(await createDatabase({ migrations: [new URL('../migrations', import.meta.url)] }))
  store = opened.use(await openStore({ url: database.url, log: captureLog().log, name: 'gate-test' }))
  files = await Promise.all(guardedFiles.map(addFile))
  await addAffiliates()
})
afterAll(() => opened.disposeAsync())

async function addFile({ member, state }: (typeof guardedFiles)[number]) {
  const text = `
    with p as (
      insert into release_package (created_by, member) values ('test', $1) returning release_package_id
    ), v as (
      insert into release_version (created_by, release_package_id, release_type)
      select 'test', release_package_id, $2 from p returning release_version_id
    ), f as (
      insert into release_file (created_by, release_version_id, download_url)
      select 'test', release_version_id, 'https://example.org/x' from v returning release_file_id
    )
    select p.release_package_id as package, v.release_version_id as version, f.release_file_id as file from p, v, f`
  const [row] = await store.write<(typeof files)[number]>({ name: 'add-file', text }, [member, state])
  return row as (typeof files)[number]
}

const loginOf = (index: number) => `affiliate-${index}`

async function addAffiliates() {
  const known = affiliates.flatMap((affiliate, index) => (affiliate ? [{ login: loginOf(index), ...affiliate }] : []))
  const text = `
    with made as (
      insert into affiliate (creator, home_member, standing, details)
      select login, 'NZ', standing, '{}' from json_to_recordset($1) as x(login text, standing text)
      returning affiliate_id, creator
    )
    insert into application (application_type, affiliate_id, username, member, state, details)
    select a.type, made.affiliate_id, login, a.member, a.state, '{}'
    from json_to_recordset($1) as x(login text, applications json) join made on made.creator = x.login
      cross join json_to_recordset(x.applications) as a(type text, member text, state text)`
  await store.write({ name: 'add-affiliates', text }, [JSON.stringify(known)])
}

it('reads from the tables what the gate has to know, for every affiliate and file', async () => {
  const wrong: unknown[] = []
  for (const [index, affiliate] of affiliates.entries()) {
    await Promise.all(
      guardedFiles.map(async (file, place) => {
        const ids = files[place] as (typeof files)[number]
        const path = { releasePackageId: ids.package, releaseVersionId: ids.version, releaseFileId: ids.file }
        const found = await findWantedFile(store, path, loginOf(index))
        for (const viewer of viewers(loginOf(index))) {
          const decision = found && mayDownload(viewer, found, found.affiliate)
          const expected = expectedDecision({ viewer, file, affiliate })
          if (decision !== expected) wrong.push({ viewer, file, affiliate, decision, expected })
        }
      }),
    )
  }
  expect(wrong).toEqual([])
})

it('finds a file under its own parents only, and not in a package that was deleted', async () => {
  const [one, other] = files as [(typeof files)[number], (typeof files)[number]]
  const path = { releasePackageId: one.package, releaseVersionId: one.version, releaseFileId: one.file }
  expect(await findWantedFile(store, path, null)).not.toBeNull()
  for (const [part, id] of [
    ['releasePackageId', other.package],
    ['releaseVersionId', other.version],
    ['releaseFileId', other.file],
  ] as const) {
    expect(await findWantedFile(store, { ...path, [part]: id }, null), part).toBeNull()
  }
  await store.write(
    {
      name: 'delete',
      text: 'update release_package set inactive_at = now(), priority = null where release_package_id = $1',
    },
    [one.package],
  )
  expect(await findWantedFile(store, path, null)).toBeNull()
})
