import { openStore, type Store, setTimer, type Worker } from '@slipway/store'
import { captureLog, createDatabase, eventually } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { noteAccount } from '../src/account/note-account.ts'
import { mailBaseUrl } from '../src/mail/base-url.ts'
import { insertNotification } from '../src/notification/notification.store.ts'
import { notificationTimer, startNotifications } from '../src/notification/notify.ts'

const opened = new AsyncDisposableStack()
let store: Store
let url: string

beforeAll(async () => {
  const database = opened.use(await createDatabase({ migrations: [new URL('../migrations', import.meta.url)] }))
  url = database.url
  store = opened.use(await openStore({ url, log: captureLog().log, name: 'notification-test' }))
})
afterAll(() => opened.disposeAsync())

const people = 1_200

const addPeople = `
  with profile as (
    insert into account_profile (login, email) select 'p' || n, 'p' || n || '@example.org' from generate_series(1, $1) n
  ), made as (
    insert into affiliate (creator, home_member, standing, details)
    select 'p' || n, 'SE', 'IN_GOOD_STANDING', '{}' from generate_series(1, $1) n returning affiliate_id, creator
  )
  insert into application (application_type, affiliate_id, username, member, state, details)
  select 'PRIMARY', affiliate_id, creator, 'SE', 'APPROVED', '{}' from made`

async function addVersion(): Promise<number> {
  const text = `
    with package as (
      insert into release_package (created_by, member, name) values ('x', 'SE', 'P') returning release_package_id
    )
    insert into release_version (created_by, release_package_id, name) select 'x', release_package_id, 'V' from package
    returning release_version_id as id`
  const [row] = await store.write<{ id: number }>({ name: 'version', text })
  return (row as { id: number }).id
}

const counted = () =>
  store.read<{ mails: number; logins: number; recipients: number | null; trail: number }>({
    name: 'counted',
    text: `select count(*) as mails, count(distinct login) as logins, (select recipients from notification),
      (select count(*) from audit_event where type = 'RELEASE_VERSION_NOTIFIED') as trail from mail`,
  })

it('makes one mail for each recipient, also when the job runs more than once, and breaks off in between', async () => {
  await store.write({ name: 'people', text: addPeople }, [people])
  // Nothing of a run that breaks off remains: the last recipient cannot be written to at first.
  await store.write({
    name: 'obstacle',
    text: `alter table mail add constraint obstacle check (login <> 'p999') not valid`,
  })
  await store.transaction(async tx => {
    const baseUrl = 'https://releases.example.org'
    const { id } = await insertNotification(tx, { principal: 'admin', releaseVersionId: await addVersion(), baseUrl })
    await setTimer(tx, { name: notificationTimer, key: String(id), payload: id })
  })
  const workers: Pick<Worker, 'stop'>[] = []
  for (let replica = 0; replica < 2; replica += 1) {
    const worker = startNotifications(store, captureLog().log, 'https://releases.example.org')
    workers.push(worker)
  }
  await eventually(async () => {
    const [timer] = await store.read<{ error: string | null }>(
      {
        name: 'failed',
        text: 'select last_error as error from platform.timer where name = $1',
      },
      [notificationTimer],
    )
    return timer?.error?.includes('obstacle') === true
  })
  expect(await counted()).toEqual([{ mails: 0, logins: 0, recipients: null, trail: 0 }])

  await store.write({ name: 'no-obstacle', text: 'alter table mail drop constraint obstacle' })
  await eventually(async () => (await counted())[0]?.recipients === people)
  const done = [{ mails: people, logins: people, recipients: people, trail: 1 }]
  expect(await counted()).toEqual(done)
  // The job again, as after a crash between its transaction and its end.
  await setTimer(store, { name: notificationTimer, key: '1', payload: 1 })
  await eventually(async () => {
    const timers = await store.read({ name: 'timers', text: 'select 1 from platform.timer where name = $1' }, [
      notificationTimer,
    ])
    return timers.length === 0
  })
  expect(await counted()).toEqual(done)
  await Promise.all(workers.map(worker => worker.stop()))
})

it('sends no mail with a link where no public address is configured, whatever requests were sent to', async () => {
  const mails = () => store.read<{ count: number }>({ name: 'mails', text: 'select count(*) as count from mail' })
  const before = await mails()
  await store.transaction(async tx => {
    const given = { principal: 'admin', releaseVersionId: await addVersion(), baseUrl: 'https://evil.example' }
    const { id } = await insertNotification(tx, given)
    await setTimer(tx, { name: notificationTimer, key: String(id), payload: id })
    const account = {
      login: 'newcomer',
      first_name: null,
      last_name: null,
      email: 'newcomer@example.org',
      lang_key: 'en',
      activated: false,
      roles: [],
      member: null,
      country: null,
      activation_key: 'key',
      base_url: 'https://evil.example',
      sequence: 1,
    }
    const cause = { identity: null, traceparent: undefined }
    await noteAccount(tx, account, mailBaseUrl(undefined), cause, async () => account.activation_key)
  })
  const worker = startNotifications(store, captureLog().log, undefined)
  opened.defer(() => worker.stop())
  const ended = { name: 'ended', text: 'select recipients from notification order by notification_id desc limit 1' }
  await eventually(async () => (await store.read<{ recipients: number | null }>(ended))[0]?.recipients === 0)
  expect(await mails()).toEqual(before)
})
