import { type Bus, connectBus } from '@slipway/bus'
import { type EventEnvelope, eventFilter, releaseEvents, scheduleEvents } from '@slipway/contracts'
import { openStore } from '@slipway/store'
import { captureLog, eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testerUrl } from '../support/nats-tester.ts'
import { day, given } from './support/given.ts'
import { type Callers, platform } from './support/platform.ts'

const running = platform()
let callers: Callers
let make: ReturnType<typeof given>
let bus: Bus
const heard: EventEnvelope[] = []

beforeAll(async () => {
  callers = running.as
  make = given(callers.admin)
  const { log } = captureLog()
  bus = await connectBus({ servers: testerUrl(running.platform), name: 'listener', version: '1.0.0', log })
  await bus.consume({
    durable: 'listener',
    filters: ['slipway.v1.event.schedule.>', 'slipway.v1.event.product-release.>'],
    handle: async event => void heard.push(event),
    deadLetter: async () => {},
  })
})
afterAll(async () => bus?.close())

const told = (type: { type: string }, id: number) =>
  heard.filter(event => event.type === type.type && event.subject === String(id))

async function schedule(date = day(5)) {
  const [sla, release] = [await make.sla(), await make.release()]
  return make.schedule({ sla: sla.name, release: release.release_id, date })
}

describe('changesets', () => {
  const newest = async (query = '') =>
    (await callers.anonymous.get(`changesets/?page_size=1&resource=releaseschedule${query}`)).body.results[0]

  test('tell who changed what, when, and why', async () => {
    const { id, release, sla, date } = await schedule()
    await callers.ann.patch(`release-schedules/${id}/`, { date: '2040-01-01' }, { 'pdc-change-comment': 'longer' })
    const changeset = await newest()
    expect(changeset).toMatchObject({
      author: 'ann',
      comment: 'longer',
      changes: [
        {
          resource: 'releaseschedule',
          resource_id: String(id),
          old_value: JSON.stringify({ release, sla, date }),
          new_value: JSON.stringify({ release, sla, date: '2040-01-01' }),
        },
      ],
    })
    expect(changeset.committed_on).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect(changeset.duration).toMatch(/^\d+\.\d{6}$/)
    expect((await callers.anonymous.get(`changesets/${changeset.id}/`)).body).toEqual(changeset)
    await callers.ann.delete(`release-schedules/${id}/`)
    expect((await newest()).changes[0].new_value).toBe('null')
    expect((await newest('&comment=long')).id).toBe(changeset.id)
    expect((await newest('&author=nobody')) ?? null).toBeNull()
    expect((await newest(`&changed_since=${day(1)}`)) ?? null).toBeNull()
    expect((await newest(`&changed_until=${day(1)}%2012:30`)).author).toBe('ann')
    expect((await newest('&changed_since=2001-1-1T0:00%2B02:00&author=nobody&author=ann')).author).toBe('ann')
    expect((await newest('&changed_until=2001-01-01T00:00:00Z')) ?? null).toBeNull()
    const wrong = await callers.anonymous.get('changesets/?changed_since=soon')
    expect([wrong.status, Array.isArray(wrong.body.detail)]).toEqual([400, true])
  })

  test('keep what a release has of other systems apart from it', async () => {
    const newestOfRelease = async () =>
      (await callers.anonymous.get('changesets/?page_size=1&resource=release&resource=releasebugzillamapping')).body
        .results[0].changes
    const { release_id } = await make.release({ bugzilla: { product: 'Fedora' }, dist_git: { branch: 'f1' } })
    const bugzilla = { release_id, bugzilla_product: 'Fedora' }
    const made = await newestOfRelease()
    expect(made.map((change: { resource: string }) => change.resource)).toEqual([
      ...['release', 'releasebugzillamapping', 'releasedistgitmapping'],
    ])
    expect(made[1]).toMatchObject({ old_value: 'null', new_value: JSON.stringify(bugzilla) })
    expect(made[2].new_value).toBe(JSON.stringify({ release_id, dist_git_branch: 'f1' }))
    expect(Object.keys(JSON.parse(made[0].new_value))).not.toContain('bugzilla')

    await callers.admin.patch(`releases/${release_id}/`, { bugzilla: null })
    expect(await newestOfRelease()).toEqual([{ ...made[1], old_value: made[1].new_value, new_value: 'null' }])
    await callers.admin.patch(`releases/${release_id}/`, { bugzilla: { product: 'Other' } })
    await callers.admin.patch(`releases/${release_id}/`, { release_type: 'eus' })
    const renamed = await newestOfRelease()
    expect(renamed.map((change: { resource: string }) => change.resource)).toEqual([
      ...['release', 'releasebugzillamapping', 'releasedistgitmapping'],
    ])
    expect(JSON.parse(renamed[1].new_value)).toEqual({ release_id: `${release_id}-eus`, bugzilla_product: 'Other' })
  })

  test('do not tell of what changed nothing', async () => {
    const { id, date } = await schedule()
    const { id: before } = await newest()
    await callers.ann.patch(`release-schedules/${id}/`, { date })
    expect((await newest()).id).toBe(before)
  })
})

describe('events', () => {
  test('tell of what was added, changed and removed', async () => {
    const created = await schedule()
    const url = `${running.url}/rest_api/v1/release-schedules/${created.id}/`
    const changed = await callers.ann.patch(`release-schedules/${created.id}/`, { date: '2041-01-01' })
    await callers.ann.patch(`release-schedules/${created.id}/`, { date: '2041-01-01' })
    await callers.ann.delete(`release-schedules/${created.id}/`, undefined, { 'pdc-change-comment': 'not any more' })
    await eventually(() => expect(told(scheduleEvents.removed, created.id)).toHaveLength(1))
    const [added] = told(scheduleEvents.added, created.id)
    expect(added?.data).toMatchObject({ url, new_value: created, author: 'admin', comment: null })
    const changes = told(scheduleEvents.changed, created.id)
    expect(changes.map(({ data }) => data)).toMatchObject([
      { url, old_value: created, new_value: changed.body, author: 'ann' },
    ])
    const [removed] = told(scheduleEvents.removed, created.id)
    expect(removed).toMatchObject({ sequence: 3, actor: 'ann' })
    expect(removed?.data).toMatchObject({ url: null, old_value: changed.body, comment: 'not any more' })
    expect(scheduleEvents.removed.data.safeParse(removed?.data).success).toBe(true)
  })

  test('have names of their own, apart from those of releases of studies', () => {
    const filters = Object.values(releaseEvents).map(eventFilter)
    expect(
      filters.some(filter => heard.some(event => filter.includes(`${event.type.replace('slipway.v1.', '')}.`))),
    ).toBe(false)
  })

  test('tell once when the last day of a schedule is over, again when it was given another one', async () => {
    const { id } = await schedule(day(3))
    const past = await schedule(day(-3))
    const { log } = captureLog()
    await using store = await openStore({ url: running.platform.databaseUrl('catalog'), log, name: 'time-machine' })
    // Days pass: the schedule's day is over while the job sleeps until midnight.
    const letDaysPass = async (date: string) => {
      await store.write({ name: 'pass', text: 'update schedule set date = $2 where id = $1' }, [id, date])
      await store.write({
        name: 'due',
        text: `update platform.timer set due_at = now() where name = 'schedule-expiry'`,
      })
    }
    await letDaysPass(day(-1))
    await eventually(() => expect(told(scheduleEvents.expired, id)).toHaveLength(1))
    expect(told(scheduleEvents.expired, id)[0]?.data).toMatchObject({ id, date: day(-1) })
    await letDaysPass(day(-1))
    await callers.admin.patch(`release-schedules/${id}/`, { date: day(7) })
    await letDaysPass(day(-2))
    await eventually(() => expect(told(scheduleEvents.expired, id)).toHaveLength(2))
    expect(told(scheduleEvents.expired, past.id)).toHaveLength(0)
    expect(scheduleEvents.expired.data.safeParse(told(scheduleEvents.expired, id)[0]?.data).success).toBe(true)
  })
})

describe('the calendar', () => {
  test('shows the schedules that a filter chooses, and is not sent twice', async () => {
    const one = await schedule('2044-05-06')
    const path = `release-schedules.ics?release=${one.release}`
    const { status, headers, text } = await callers.anonymous.get(path)
    expect([status, headers['content-type']]).toEqual([200, 'text/calendar; charset=utf-8'])
    const lines = text.split('\r\n')
    expect(lines[0]).toBe('BEGIN:VCALENDAR')
    expect(lines.at(-2)).toBe('END:VCALENDAR')
    const uid = lines.find(line => line.startsWith('UID:'))
    expect(uid).toMatch(new RegExp(`^UID:release-schedule-${one.id}@[0-9a-f-]{36}\\.slipway$`))
    expect(lines).toContain('DTSTART;VALUE=DATE:20440506')
    expect(lines).toContain(`SUMMARY:${one.release}: end of ${one.sla}`)
    const etag = headers.etag as string
    const same = await callers.anonymous.get(path, { 'if-none-match': etag })
    expect([same.status, same.text, same.headers.etag]).toEqual([304, '', etag])
    await callers.admin.patch(`release-schedules/${one.id}/`, { date: '2044-05-07' })
    const changed = await callers.anonymous.get(path, { 'if-none-match': etag })
    expect([changed.status, changed.text.includes('SEQUENCE:1')]).toEqual([200, true])
    expect((await callers.anonymous.get('release-schedules.ics?nope=1')).status).toBe(400)
  })

  test('tells of a new name as of any other change, and never counts backwards', async () => {
    const { id, release } = await schedule('2044-08-09')
    const entry = async (of: string) => {
      const { text } = await callers.anonymous.get(`release-schedules.ics?release=${of}`)
      const field = (name: string) => new RegExp(`^${name}:(.*)\r$`, 'm').exec(text)?.[1]
      return { sequence: Number(field('SEQUENCE')), modified: field('LAST-MODIFIED'), uid: field('UID') }
    }
    const before = await entry(release)
    expect(before.sequence).toBe(0)
    await callers.admin.patch(`releases/${release}/`, { release_type: 'eus' })
    await callers.admin.patch(`releases/${release}-eus/`, { release_type: 'els' })
    const renamed = await entry(`${release}-els`)
    expect(renamed).toMatchObject({ sequence: 2, uid: before.uid })
    expect((renamed.modified as string) >= (before.modified as string)).toBe(true)
    const other = await make.release()
    await callers.admin.patch(`release-schedules/${id}/`, { release: other.release_id })
    expect((await entry(other.release_id)).sequence).toBe(3)
    await callers.admin.patch(`releases/${other.release_id}/`, { release_type: 'eus' })
    expect((await entry(`${other.release_id}-eus`)).sequence).toBe(4)
    await callers.admin.patch(`release-schedules/${id}/`, { release: `${release}-els` })
    expect((await entry(`${release}-els`)).sequence).toBe(5)
  })

  test('has a component without any schedule', async () => {
    const { text } = await callers.anonymous.get('release-schedules.ics?release=nothing-1')
    expect(text).toMatch(/^BEGIN:VCALENDAR\r\n.*\r\nBEGIN:VTIMEZONE\r\n.*\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n$/s)
    expect(text).not.toContain('VEVENT')
  })
})
