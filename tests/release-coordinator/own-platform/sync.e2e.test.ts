import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clients } from '../support/callers.ts'
import { study } from '../support/data-service.ts'
import { type Api, given } from '../support/given.ts'
import { statusAndBody } from '../support/http-client.ts'
import { answerJson } from '../support/http-server.ts'
import { type Page, type Study, studies } from '../support/resources.ts'
import { type System, startSystem } from '../support/system.ts'

let system: System
let api: Api
beforeAll(async () => {
  system = await startSystem()
  api = clients(system.url, system.key)
})
afterAll(() => system?.[Symbol.asyncDispose]())
const initial = Object.values(studies).map(id => study(id))
beforeEach(async () => {
  Object.assign(system.dataService, { studies: [...initial], pageSize: 100, script: [] })
  await sync()
  system.dataService.requests.length = 0
})

const sync = () => api.anonymous.post('/studies/sync')
const done = (added: number, deleted: number) => [
  200,
  { status: 'ok', new: added, deleted, message: 'Synchronized with dataservice' },
]
const read = async (id: string) => (await api.anonymous.get<Study>(`/studies/${id}`)).body
const all = async () => (await api.anonymous.get<Page<Study>>('/studies?limit=1000')).body.results
const gone = async () => (await all()).filter(({ deleted }) => deleted).length
const present = async () => (await all()).length - (await gone())
let made = 0
/** A study that was never there before. */
const fresh = (name?: string, visible?: boolean) => {
  made += 1
  return study(`SD_${String(made).padStart(8, 'X')}`, name, visible)
}

describe('the mirror', () => {
  test('has what the data service has', async () => {
    const one = fresh('OpenDIPG: ICR London', false)
    system.dataService.studies.push(one)
    expect(statusAndBody(await sync())).toEqual(done(1, await gone()))
    expect(await read(one.kf_id)).toEqual({
      kf_id: one.kf_id,
      name: 'OpenDIPG: ICR London',
      version: null,
      visible: false,
      last_pub_version: null,
      last_pub_date: null,
      deleted: false,
      created_at: '2018-06-11T18:30:23.467518Z',
    })
    expect(system.dataService.requests).toEqual(['/studies?limit=100'])
    expect(statusAndBody(await sync())).toEqual(done(0, await gone()))
  })

  test('lists the newest first, by the time of the data service', async () => {
    const times = ['2019-03-01T00:00:00+00:00', '2031-01-01T12:00:00.5+00:00', '2025-06-01T00:00:00+02:00']
    const added = times.map(created_at => ({ ...fresh(), created_at }))
    system.dataService.studies.push(...added)
    await sync()
    const ids = added.map(({ kf_id }) => kf_id)
    const listed = (await all()).filter(({ kf_id }) => ids.includes(kf_id))
    expect(listed.map(({ kf_id, created_at }) => [ids.indexOf(kf_id), created_at])).toEqual([
      [1, '2031-01-01T12:00:00.500000Z'],
      [2, '2025-05-31T22:00:00Z'],
      [0, '2019-03-01T00:00:00Z'],
    ])
  })

  test('follows names and visibility', async () => {
    const one = fresh('before', true)
    system.dataService.studies.push(one)
    await sync()
    system.dataService.studies.splice(-1, 1, { ...one, name: 'after', visible: false })
    expect(statusAndBody(await sync())).toEqual(done(0, await gone()))
    expect(await read(one.kf_id)).toMatchObject({ name: 'after', visible: false, deleted: false })
  })

  test('reads all pages', async () => {
    const added = Array.from({ length: 251 }, () => fresh())
    system.dataService.studies.push(...added)
    expect(statusAndBody(await sync())).toEqual(done(251, await gone()))
    const pageAfter = (index: number) => `/studies?after=${system.dataService.studies[index]?.kf_id}`
    expect(system.dataService.requests).toEqual(['/studies?limit=100', pageAfter(99), pageAfter(199)])
    expect(await present()).toBe(initial.length + 251)
    expect(statusAndBody(await sync())).toEqual(done(0, await gone()))
  })

  test('marks what is gone, counts it every time, and takes the mark away when it is back', async () => {
    const before = await gone()
    const lost = fresh()
    system.dataService.studies.push(lost)
    await sync()
    system.dataService.studies.pop()
    expect(statusAndBody(await sync())).toEqual(done(0, before + 1))
    expect(await read(lost.kf_id)).toMatchObject({ deleted: true, name: lost.name })
    expect(statusAndBody(await sync())).toEqual(done(0, before + 1))
    const release = await given(api).release({ studies: [lost.kf_id] })
    expect(release.studies, 'a study that is gone can still be released').toEqual([lost.kf_id])
    system.dataService.studies.push(lost)
    expect(statusAndBody(await sync())).toEqual(done(0, before))
    expect(await read(lost.kf_id)).toMatchObject({ deleted: false })
  })

  test('is made once at a time', async () => {
    let open = 0
    let most = 0
    const slow = (response: ServerResponse) => {
      open += 1
      most = Math.max(most, open)
      setTimeout(() => {
        open -= 1
        answerJson(response, { results: initial, _links: {}, limit: 100, total: initial.length })
      }, 200)
    }
    system.dataService.script = Array(10).fill(slow)
    const answers = await Promise.all(Array.from({ length: 5 }, sync))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(most).toBe(1)
  })
})

describe('a data service that fails', () => {
  const failed = (status: number) => [
    status,
    { status: 'error', message: 'There was an error getting studies from the dataservice' },
  ]
  const text = (body: string) => (response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  const error = (status: number) => (response: ServerResponse) => answerJson(response, { _status: {} }, status)
  const silent = () => {}
  const broken = (response: ServerResponse) => void response.destroy()

  test.each([
    ['404', error(404), 404],
    ['400', error(400), 400],
    ['500', error(500), 500],
    ['503', error(503), 503],
    ['no JSON', text('<html>maintenance</html>'), 502],
    ['half of its JSON', text('{"results":[{"kf_id":"SD_'), 502],
    ['JSON of another kind', text('[]'), 502],
    ['results that are no list', text('{"results":{"kf_id":"SD_00000000"}}'), 502],
    ['studies that are none', text('{"results":[5]}'), 502],
    ['a broken connection', broken, 502],
    ['nothing, for ever', silent, 502],
  ])('with %s is told, and nothing changes', async (_what, step, status) => {
    const before = await all()
    system.dataService.script = [step]
    expect(statusAndBody(await sync())).toEqual(failed(status))
    expect(await all()).toEqual(before)
  })

  test('by not being there is told', async () => {
    const before = await all()
    await system.dataService.refuse()
    try {
      expect(statusAndBody(await sync())).toEqual(failed(502))
    } finally {
      await system.dataService.accept()
    }
    expect(await all()).toEqual(before)
  })

  test('on a later page has nothing marked as gone', async () => {
    system.dataService.studies.push(...Array.from({ length: 4 }, () => fresh()))
    await sync()
    const before = await present()
    system.dataService.pageSize = 3
    for (const [step, status] of [
      [error(500), 500],
      [text('no JSON'), 502],
      [broken, 502],
    ] as const) {
      system.dataService.script = [undefined, step]
      expect(statusAndBody(await sync())).toEqual(failed(status))
      expect(await present()).toBe(before)
    }
  })

  test('by an empty answer has nothing marked as gone', async () => {
    const before = await present()
    system.dataService.studies = []
    const { status } = await sync()
    expect([200, 502]).toContain(status)
    expect(await present()).toBe(before)
  })
})
