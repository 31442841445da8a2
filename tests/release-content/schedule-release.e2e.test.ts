import { eventually } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { withStore } from '../chaos/event-audit.ts'
import { world } from '../release-packages/download-support/world.ts'

const study = 'SD_C0NTENT1'
const patience = { timeoutMs: 60_000 }

const slipway = world(async () => ({
  replicas: { catalog: 2 },
  env: {
    gateway: { SLIPWAY_RATE_LIMIT: '1000000' },
    catalog: { SCHEDULED_RELEASES: 'true', SCHEDULED_RELEASES_SECONDS: '0.2' },
  },
}))

type Answer = Awaited<ReturnType<typeof slipway.call>>
/** PDC knows its own kind of credentials only. */
async function pdc(
  method: string,
  path: string,
  body?: unknown,
  token = 'downloads-administrator-token',
): Promise<Answer> {
  const response = await fetch(`${slipway.platform.url}/rest_api/v1/${path}`, {
    method,
    headers: { accept: 'application/json', 'content-type': 'application/json', authorization: `Token ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
const template = { name: 'Spring', studies: [study], tags: ['calendar'] }

let count = 0
async function schedule(date: string): Promise<string> {
  count += 1
  const sla = await pdc('POST', 'component-sla-types/', { name: `sla-${count}` })
  const fields = { short: `rel${count}`, version: '1', name: 'Release', release_type: 'ga' }
  const release = await pdc('POST', 'releases/', fields)
  const body = { sla: sla.body.name, release: release.body.release_id, date }
  return `release-schedules/${(await pdc('POST', 'release-schedules/', body)).body.id}/`
}
const templateOf = (path: string) => `${path}release-template/`
const releases = async () => (await slipway.call('admin', 'GET', '/releases?limit=100')).body.results

const addStudy = () =>
  withStore(slipway.platform, 'coordinator', store =>
    store.write({
      name: 'content-study',
      text: `insert into study (kf_id, name, visible) values ('${study}', 'x', true)`,
    }),
  )

describe('the release template of a schedule', () => {
  let path: string
  beforeAll(async () => {
    path = await schedule(day(3))
  })

  it('is for those who may write schedules and release the studies', async () => {
    expect((await pdc('GET', templateOf(path))).status).toBe(404)
    expect((await pdc('PUT', templateOf(path), template, 'token-of-ann')).status).toBe(403)
    for (const limit of [{ expiresAt: `${day(2)}T00:00:00Z` }, { scopes: ['ADMIN', 'release-schedules:update'] }]) {
      const made = await slipway.call('admin', 'POST', '/api/v1/users/me/tokens', { name: 'limited', ...limit })
      const refused = await pdc('PUT', templateOf(path), template, made.body.token)
      expect(refused).toMatchObject({ status: 403, body: { detail: expect.stringContaining('scopes or an end') } })
    }
    expect((await pdc('PUT', templateOf('release-schedules/999999/'), template)).status).toBe(404)
    const wrong = await pdc('PUT', templateOf(path), { name: '', studies: [] })
    expect([wrong.status, wrong.body]).toEqual([
      400,
      { name: ['This field may not be blank.'], studies: ['Must have at least one study'] },
    ])
    expect((await pdc('POST', templateOf(path), template)).status).toBe(405)
    const past = await schedule(day(-3))
    expect((await pdc('PUT', templateOf(past), template)).status).toBe(400)
  })

  it('waits for the day, tries until it succeeds, and starts one release', async () => {
    const put = await pdc('PUT', templateOf(path), template)
    const shown = { ...template, state: 'waiting', release: null, enabled: true, date: day(3), author: 'admin' }
    expect(put).toMatchObject({ status: 200, body: shown })

    await pdc('PATCH', path, { date: day(0) })
    // There is no such study yet.
    await eventually(async () => {
      expect((await pdc('GET', templateOf(path))).body).toMatchObject({
        state: 'waiting',
        error: expect.stringContaining('studies'),
      })
    }, patience)
    expect(await releases()).toEqual([])

    await addStudy()
    await eventually(async () => expect((await pdc('GET', templateOf(path))).body.state).toBe('started'), patience)
    const { release } = (await pdc('GET', templateOf(path))).body
    expect(await releases()).toMatchObject([{ kf_id: release, author: 'admin', ...template }])
    expect((await pdc('PUT', templateOf(path), { ...template, name: 'Again' })).status).toBe(409)
  })

  it('starts what was due while nothing ran, once, even if it was not noted that it was started', async () => {
    const missed = await schedule(day(2))
    await pdc('PUT', templateOf(missed), template)
    // As if days had gone by: the day is over, and an attempt was made whose answer was lost.
    const id = missed.split('/')[1]
    await slipway.store.query({ name: 'past', text: `update schedule set date = utc_today() - 2 where id = ${id}` })
    await eventually(async () => expect((await pdc('GET', templateOf(missed))).body.state).toBe('started'), patience)
    const before = (await pdc('GET', templateOf(missed))).body.release
    await slipway.store.query({
      name: 'forget',
      text: `update release_template set release = null where schedule_id = ${id}`,
    })
    await eventually(async () => expect((await pdc('GET', templateOf(missed))).body.release).toBe(before), patience)
    expect(await releases()).toHaveLength(2)
    expect((await pdc('DELETE', templateOf(missed))).status).toBe(204)
    expect((await pdc('GET', templateOf(missed))).status).toBe(404)
  })
})
