import { randomUUID } from 'node:crypto'
import { type EventEnvelope, events } from '@slipway/contracts'
import { openStore, type Store } from '@slipway/store'
import { captureLog, eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storeEvents } from '../src/stream/stored-event.ts'
import { createDeliveries } from '../src/webhook/create-deliveries.ts'
import { type EventReader, readEvents } from './event-reader.ts'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'

/** Who reads. `DEV` lets each of them have webhooks, and read nothing more. */
const people = {
  stranger: { roles: ['USER', 'DEV'] },
  concerned: { roles: ['DEV'] },
  member: { roles: ['DEV'] },
  staff: { roles: ['staff', 'DEV'] },
  chief: { roles: ['ADMIN'] },
  packageStaff: { roles: ['ROLE_STAFF', 'ROLE_STAFF_SE', 'DEV'], member: 'SE' },
  otherStaff: { roles: ['ROLE_STAFF', 'ROLE_STAFF_DK', 'DEV'], member: 'DK' },
  insider: { roles: ['ROLE_MEMBER', 'DEV'], member: 'IHTSDO' },
  affiliate: { roles: ['ROLE_USER', 'DEV'] },
  allData: { roles: ['curator', 'DEV'], permissions: ['ACCESS_ALL_DATA'] },
  ofStudy: { roles: ['curator', 'DEV'], groups: ['SD_ME0WME0W'] },
}
type Viewer = keyof typeof people | 'anonymous' | 'superuser'
const viewers = ['anonymous', 'superuser', ...Object.keys(people)] as readonly Viewer[]
const tokenOf = (viewer: Viewer) => (viewer === 'superuser' ? adminToken : `token-of-${viewer}`)
const headersOf = (viewer: Viewer): Record<string, string> =>
  viewer === 'anonymous' ? {} : { authorization: `Bearer ${tokenOf(viewer)}` }

/** Who is to read events of a noun: of something that is shown, and of something that is hidden. */
const everybody = [viewers, viewers] as const
const always = (...some: Viewer[]) =>
  [
    ['superuser', ...some],
    ['superuser', ...some],
  ] as const
const inSources = [viewers, ['superuser', 'member', 'staff']] as const
const inVersions = [viewers, ['superuser', 'packageStaff', 'otherStaff', 'insider']] as const
const expected: Readonly<Record<string, readonly [readonly Viewer[], readonly Viewer[]]>> = {
  account: always('chief', 'concerned'),
  affiliate: always('chief', 'packageStaff', 'concerned'),
  application: always('chief', 'packageStaff', 'concerned'),
  'base-product': everybody,
  'bulk-import': always('staff', 'concerned'),
  concept: inSources,
  event: everybody,
  export: inSources,
  mapping: inSources,
  member: everybody,
  notification: always('packageStaff', 'otherStaff'),
  org: inSources,
  'platform-task': always('chief', 'staff', 'allData', 'concerned'),
  product: everybody,
  'product-release': everybody,
  'product-version': everybody,
  release: everybody,
  'release-file': inVersions,
  'release-note': everybody,
  'release-package': everybody,
  'release-version': inVersions,
  schedule: everybody,
  sla: everybody,
  source: inSources,
  'source-version': inSources,
  study: everybody,
  'study-draft': always('chief', 'staff', 'allData', 'ofStudy', 'concerned'),
  'study-version': always('chief', 'staff', 'allData', 'ofStudy', 'concerned'),
  task: everybody,
  'task-service': everybody,
  webhook: always('chief', 'concerned'),
}

let platform: Platform
let store: Store
beforeAll(async () => {
  const accounts = Object.entries(people).map(([login, rights]) => ({ login, token: `token-of-${login}`, ...rights }))
  platform = await startPlatform({ SLIPWAY_ACCOUNTS: JSON.stringify(accounts), ALLOW_INTERNAL_ADDRESSES: 'true' })
  store = await openStore({ url: platform.databaseUrl, log: captureLog().log, name: 'test', poolSize: 5 })
})
afterAll(async () => {
  await store?.close()
  await platform?.[Symbol.asyncDispose]()
})

const org = '/orgs/ACME/'
const idOf = (url: string) => `id of ${url}`
let sequence = 0

function event(type: string, data: object, subject: string = randomUUID()): EventEnvelope {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/slipway/test',
    type,
    subject,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    sequence: ++sequence,
    actor: 'concerned',
    data,
  }
}

function about(noun: string, hidden: boolean, source: string) {
  const login = 'concerned'
  const people = {
    login,
    username: login,
    owner: login,
    author: login,
    accession: 'SD_ME0WME0W',
    member: 'SE',
    home_member: 'SE',
  }
  const access = { public_access: hidden ? 'None' : 'View', source_url: source }
  const url = noun === 'org' ? `/orgs/ACME${hidden ? '' : '-open'}/` : source
  const members = noun === 'org' && hidden ? { members: ['member'] } : {}
  return { ...people, ...access, url, state: hidden ? 'offline' : 'online', ...members }
}

/** As the gateway's own consumer writes them. */
async function take(...taken: EventEnvelope[]) {
  await store.transaction(async tx => {
    await storeEvents(tx, taken)
    await createDeliveries(tx, taken)
  })
}

const idsIn = (reader: EventReader) => reader.events.map(({ data }) => (data as EventEnvelope).id)

async function webhookOf(viewer: Exclude<Viewer, 'anonymous'>): Promise<string> {
  const made = await request(platform.port, '/webhooks', {
    method: 'POST',
    headers: { ...headersOf(viewer), 'content-type': 'application/json' },
    body: JSON.stringify({ url: 'http://127.0.0.1:9/', types: ['*'] }),
  })
  expect([viewer, made.status]).toEqual([viewer, 201])
  return (made.json as { id: string }).id
}

async function deliveredTo(webhook: string): Promise<string[]> {
  const text = 'select message_id as id from webhook_delivery where webhook_id = $1'
  return (await store.read<{ id: string }>({ name: 'test.delivered', text }, [webhook])).map(({ id }) => id)
}

describe('every kind of event', () => {
  test('is of a noun that this test knows', () => {
    expect([...new Set(events.map(({ noun }) => noun))].sort()).toEqual(Object.keys(expected).sort())
  })

  test('reaches those who may read it, and nobody else, in streams and webhooks', async () => {
    const webhooks = new Map<Viewer, string>()
    for (const viewer of viewers) if (viewer !== 'anonymous') webhooks.set(viewer, await webhookOf(viewer))
    const readers = new Map<Viewer, EventReader>()
    for (const viewer of viewers)
      readers.set(viewer, await readEvents(platform.port, '/events/stream', headersOf(viewer)))

    const sent = events.flatMap(({ type, noun }) =>
      [false, true].map(hidden => {
        const source = `${org}sources/${hidden ? 'hidden' : 'shown'}/`
        return { noun, hidden, event: event(type, about(noun, hidden, source)) }
      }),
    )
    const orgs = event('slipway.v1.org.updated', { url: org, public_access: 'None', members: ['member'] }, idOf(org))
    const end = event('slipway.v1.release.running', {})
    await take(orgs, ...sent.map(({ event }) => event), end)

    const replayed = new Map<Viewer, EventReader>()
    for (const viewer of viewers) {
      replayed.set(viewer, await readEvents(platform.port, '/events/stream?last_event_id=0', headersOf(viewer)))
    }
    for (const viewer of viewers) {
      const due = sent.filter(({ noun, hidden }) => expected[noun]?.[hidden ? 1 : 0].includes(viewer))
      const ids = due.map(({ event }) => event.id)
      const told = (found: readonly string[]) =>
        sent.filter(({ event }) => found.includes(event.id)).map(({ event, hidden }) => `${event.type} ${hidden}`)
      const wanted = told(ids)
      for (const reader of [readers, replayed].map(all => all.get(viewer) as EventReader)) {
        await eventually(() => idsIn(reader).includes(end.id))
        expect([viewer, told(idsIn(reader))]).toEqual([viewer, wanted])
        reader.close()
      }
      const webhook = webhooks.get(viewer)
      if (webhook) expect([viewer, 'webhook', told(await deliveredTo(webhook))]).toEqual([viewer, 'webhook', wanted])
    }
  })
})

describe('what became private', () => {
  const source = '/orgs/LATER/sources/S/'
  const created = event('slipway.v1.source.created', { url: source, public_access: 'View' }, idOf(source))
  const hidden = () => event('slipway.v1.source.updated', { url: source, public_access: 'None' }, idOf(source))

  test('is read no more by who may not see it now, and is not sent', async () => {
    const webhook = await webhookOf('stranger')
    await take(created)
    expect(await deliveredTo(webhook)).toEqual([created.id])
    const before = await readEvents(platform.port, '/events/stream?last_event_id=0')
    await eventually(() => idsIn(before).includes(created.id))
    before.close()

    const end = event('slipway.v1.release.running', {})
    await take(hidden(), end)
    const [after, staff] = await Promise.all(
      (['anonymous', 'staff'] as const).map(viewer =>
        readEvents(platform.port, '/events/stream?last_event_id=0', headersOf(viewer)),
      ),
    )
    for (const reader of [after, staff] as EventReader[]) await eventually(() => idsIn(reader).includes(end.id))
    expect(idsIn(after as EventReader)).not.toContain(created.id)
    expect(idsIn(staff as EventReader)).toContain(created.id)
    after?.close()
    staff?.close()

    const shown = await request(platform.port, `/webhooks/${webhook}/deliveries`, { headers: headersOf('stranger') })
    const delivery = (shown.json as { results: { id: string; messageId: string }[] }).results.find(
      ({ messageId }) => messageId === created.id,
    )
    if (delivery) {
      const one = `/webhooks/${webhook}/deliveries/${delivery.id}`
      expect((await request(platform.port, one, { headers: headersOf('stranger') })).status).toBe(404)
      await request(platform.port, `${one}/resend`, { method: 'POST', headers: headersOf('stranger') })
    }
    await eventually(async () => expect(await deliveredTo(webhook)).not.toContain(created.id))
  })

  test('stays so when it is gone, and after a restart', async () => {
    const end = event('slipway.v1.release.running', {})
    const gone = { url: source, public_access: 'None' }
    await take(event('slipway.v1.source.deleted', gone, idOf(source)), end)
    const { port } = await platform.startReplica()
    const reader = await readEvents(port, '/events/stream?last_event_id=0')
    await eventually(() => idsIn(reader).includes(end.id))
    expect(idsIn(reader)).not.toContain(created.id)
    reader.close()
  })
})

describe('what was made anew in place of something else', () => {
  const source = '/orgs/ANEW/sources/S/'
  const told = (aggregate: string, verb: string, access: string, second: number) => ({
    ...event(`slipway.v1.source.${verb}`, { url: source, public_access: access }, aggregate),
    time: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  })

  test('stays private, whatever comes late of what had its address before', async () => {
    const shown = told('second', 'created', 'View', 3)
    const late = told('first', 'updated', 'View', 1)
    await take(told('first', 'created', 'View', 0), told('first', 'deleted', 'View', 2), shown)
    await take(told('second', 'updated', 'None', 4))
    const open = await readEvents(platform.port, '/events/stream', headersOf('stranger'))
    const [before, after] = [event('slipway.v1.release.running', {}), event('slipway.v1.release.running', {})]
    await take(late, before)
    await eventually(() => idsIn(open).includes(before.id))
    open.close()
    const { port } = await platform.startReplica()
    await take(after)
    for (const of of [platform.port, port]) {
      const reader = await readEvents(of, '/events/stream?last_event_id=0')
      await eventually(() => idsIn(reader).includes(after.id))
      expect(idsIn(reader)).not.toContain(shown.id)
      reader.close()
    }
  })
})

describe('an open stream', () => {
  const change = (login: string, body: object) =>
    request(platform.port, `/api/v1/accounts/${login}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  test.each([
    ['loses a role', { roles: ['DEV'] }],
    ['is switched off', { active: false }],
  ])('ends when its reader %s', async (_what, body) => {
    const reader = await readEvents(platform.port, '/events/stream', headersOf('packageStaff'))
    const other = await readEvents(platform.port, '/events/stream', headersOf('insider'))
    expect((await change('packageStaff', body)).status).toBe(200)
    await eventually(() => reader.ended())
    expect(other.ended()).toBe(false)
    other.close()
  })

  test('ends with its token: when that is revoked, and when it expires', async () => {
    const tokens = async (expiresAt: string | null) => {
      const made = await request(platform.port, '/api/v1/users/me/tokens', {
        method: 'POST',
        headers: { ...headersOf('stranger'), 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'stream', expiresAt }),
      })
      return made.json as { id: string; token: string }
    }
    const open = ({ token }: { token: string }) =>
      readEvents(platform.port, '/events/stream', { authorization: `Bearer ${token}` })
    const revoked = await tokens(null)
    const expiring = await open(await tokens(new Date(Date.now() + 5_000).toISOString()))
    const reader = await open(revoked)
    await request(platform.port, `/api/v1/users/me/tokens/${revoked.id}`, {
      method: 'DELETE',
      headers: headersOf('stranger'),
    })
    await eventually(() => reader.ended() && expiring.ended())
  })
})
