import { beforeAll, describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { given } from './support/given.ts'
import { type LogEvent, lists, type Page, type Release, studies, type Task } from './support/resources.ts'
import { type Participant, participant, reaches } from './support/saga.ts'

const { anonymous, admin } = api
const total = 25
let release: Release
let service: Participant
/** Notes of the release, newest first. */
let ids: string[]
beforeAll(async () => {
  service = await participant(api)
  const { kf_id } = await given(api).release()
  release = await reaches(api, kf_id, 'staged')
  const notes = []
  for (let index = 0; index < total; index += 1) notes.push(await given(api).note({ release: kf_id }))
  ids = notes.map(note => note.kf_id).toReversed()
  for (let index = 0; index < 3; index += 1) await given(api).task({ release: kf_id, task_service: service.id })
  return () => service[Symbol.asyncDispose]()
})

const page = async <Item extends { readonly kf_id: string } = { kf_id: string }>(path: string) =>
  (await anonymous.get<Page<Item>>(path)).body
const idsOf = ({ results }: Page<{ readonly kf_id: string }>) => results.map(({ kf_id }) => kf_id)
const mine = (query = '') => page(`/release-notes?release=${release.kf_id}${query}`)

test.each(lists)('/%s is a page in its envelope, newest first', async list => {
  const body = await page<Task>(`/${list}?limit=50`)
  expect(Object.keys(body)).toEqual(['count', 'next', 'previous', 'results'])
  expect(body.previous).toBeNull()
  expect(body.results.length).toBe(Math.min(50, body.count))
  expect(body.results.length).toBeGreaterThan(0)
  const times = body.results.map(item => item.created_at)
  expect(times).toEqual(times.toSorted().toReversed())
})

describe('limit and offset', () => {
  test('have the defaults 10 and 0', async () => {
    const body = await mine()
    expect([body.count, idsOf(body)]).toEqual([total, ids.slice(0, 10)])
  })

  test.each([
    [1, 0],
    [7, 0],
    [7, 14],
    [10, 20],
    [25, 0],
    [1000, 0],
    [1000, 24],
    [3, 25],
    [10, 1_000_000],
  ])('limit %i, offset %i', async (limit, offset) => {
    const body = await mine(`&limit=${limit}&offset=${offset}`)
    expect([body.count, idsOf(body)]).toEqual([total, ids.slice(offset, offset + limit)])
    const link = (to: number) => {
      const query = to > 0 ? `limit=${limit}&offset=${to}` : `limit=${limit}`
      return `${url}/release-notes?${query}&release=${release.kf_id}`
    }
    expect(body.next).toBe(offset + limit < total ? link(offset + limit) : null)
    expect(body.previous).toBe(offset > 0 ? link(offset - limit) : null)
  })

  test.each(['abc', '0', '-1', '', '1.5', '1e1', '10x', 'NaN', '%00'])('a limit %j is the default', async value => {
    expect(idsOf(await mine(`&limit=${value}`))).toEqual(ids.slice(0, 10))
  })

  test.each(['abc', '-1', '', '2.5', '--2', 'null'])('an offset %j is the default', async value => {
    expect(idsOf(await mine(`&offset=${value}`))).toEqual(ids.slice(0, 10))
  })

  test('the links lead through everything, once', async () => {
    const seen: string[] = []
    let path: string | undefined = `/release-notes?release=${release.kf_id}&limit=4`
    while (path) {
      const body: Page<{ kf_id: string }> = await page(path)
      seen.push(...idsOf(body))
      path = body.next?.slice(url.length)
    }
    expect(seen).toEqual(ids)
  })

  test('the links lead back, too', async () => {
    const body = await mine('&limit=10&offset=15')
    const before = await page((body.previous ?? '').slice(url.length))
    expect(idsOf(before)).toEqual(ids.slice(5, 15))
    const first = await page((before.previous ?? '').slice(url.length))
    expect(idsOf(first)).toEqual(ids.slice(0, 10))
    expect(first.previous).toBeNull()
  })
})

describe('links to other pages', () => {
  test('are as documented', async () => {
    const first = await page(`/tasks?release=${release.kf_id}&limit=1`)
    expect(first.next).toBe(`${url}/tasks?limit=1&offset=1&release=${release.kf_id}`)
    const second = await page('/tasks?offset=10')
    expect(second.previous).toBe(`${url}/tasks?limit=10`)
  })

  test('keep all other parameters, sorted by name', async () => {
    const body = await page(`/release-notes?zebra=1&release=${release.kf_id}&offset=4&author=admin&limit=2&apple=red`)
    const query = (offset: number) => `apple=red&author=admin&limit=2&offset=${offset}&release=${release.kf_id}&zebra=1`
    expect(body.next).toBe(`${url}/release-notes?${query(6)}`)
    expect(body.previous).toBe(`${url}/release-notes?${query(2)}`)
  })

  test('keep values that need encoding, so that the next page is of the same list', async () => {
    const author = 'Ada & Söhne = 100% +'
    const notes = []
    for (let index = 0; index < 3; index += 1) {
      notes.push(await given(api).note({ release: release.kf_id, ...{ author } }))
    }
    const first = await page(`/release-notes?limit=2&author=${encodeURIComponent(author)}`)
    const second = await page((first.next ?? '').slice(url.length))
    expect([...idsOf(first), ...idsOf(second)]).toEqual(notes.map(note => note.kf_id).toReversed())
    for (const { kf_id } of notes) await admin.delete(`/release-notes/${kf_id}`)
  })
})

describe('many at once', () => {
  test('records made at the same time keep one order over all pages', async () => {
    const { kf_id } = await given(api).release()
    await reaches(api, kf_id, 'staged')
    const made = await Promise.all(Array.from({ length: 40 }, () => given(api).note({ release: kf_id })))
    const seen: string[] = []
    for (let offset = 0; offset < 40; offset += 7) {
      seen.push(...idsOf(await page(`/release-notes?release=${kf_id}&limit=7&offset=${offset}`)))
    }
    expect(seen.toSorted()).toEqual(made.map(note => note.kf_id).toSorted())
  })

  test('a page may hold a thousand', async () => {
    const { kf_id } = await given(api).release()
    await reaches(api, kf_id, 'staged')
    const before = (await page(`/events?release=${kf_id}`)).count
    for (let batch = 0; batch < 21; batch += 1) {
      await Promise.all(Array.from({ length: 50 }, () => given(api).event({ release: kf_id })))
    }
    const body = await page<LogEvent>(`/events?release=${kf_id}&limit=1000`)
    expect([body.count, body.results.length]).toEqual([before + 1050, 1000])
    expect((await page(`/events?release=${kf_id}&limit=99999999`)).results.length).toBeGreaterThanOrEqual(1000)
  })
})

describe('releases of a study', () => {
  test('are a list like others', async () => {
    const first = await given(api).release({ studies: [studies.birds] })
    const second = await given(api).release({ studies: [studies.birds, studies.dipg] })
    const body = await page<Release>(`/studies/${studies.birds}/releases?limit=1`)
    expect(body.next).toBe(`${url}/studies/${studies.birds}/releases?limit=1&offset=1`)
    expect(idsOf(body)).toEqual([second.kf_id])
    const all = idsOf(await page(`/studies/${studies.birds}/releases?limit=1000`))
    expect(all.slice(0, 2)).toEqual([second.kf_id, first.kf_id])
    const one = await anonymous.get<Release>(`/studies/${studies.birds}/releases/${first.kf_id}`)
    expect(one).toMatchObject({ status: 200, body: { kf_id: first.kf_id, studies: [studies.birds] } })
  })

  test('an unknown study, or a release without it, is not found', async () => {
    const paths = [
      '/studies/SD_00000000',
      '/studies/SD_00000000/releases',
      `/studies/SD_00000000/releases/${release.kf_id}`,
      `/studies/${studies.birds}/releases/RE_00000000`,
      `/studies/${studies.birds}/releases/${release.kf_id}`,
    ]
    for (const path of paths)
      expect(await anonymous.get(path), path).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
  })
})
