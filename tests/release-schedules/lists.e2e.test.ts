import { beforeAll, describe, expect, test } from 'vitest'
import { day, given } from './support/given.ts'
import { type Callers, platform } from './support/platform.ts'

const running = platform()
let callers: Callers
let url: string

/** Ten schedules: five releases by two service levels; release `n-<i>` ends `i` days from yesterday. */
beforeAll(async () => {
  callers = running.as
  url = `${running.url}/rest_api/v1/release-schedules/`
  const make = given(callers.admin)
  await make.sla('bug_fixes')
  await make.sla('development')
  await make.product({ short: 'n' })
  await make.productVersion({ product: 'n', version: '9' })
  for (let version = 0; version < 5; version += 1) {
    const product_version = version < 2 ? 'n-9' : null
    await make.release({ short: 'n', version: String(version), product_version })
  }
  const items = Array.from({ length: 5 }, (_, index) => index).flatMap(index =>
    ['development', 'bug_fixes'].map(sla => ({ release: `n-${index}`, sla, date: day(index - 1) })),
  )
  await callers.admin.post('release-schedules/', items)
})

const list = async (query: string) => (await callers.anonymous.get(`release-schedules/${query}`)).body
const found = async (query: string) =>
  (await list(query)).results.map((one: { release: string; sla: string }) => `${one.release} ${one.sla[0]}`)

describe('filters', () => {
  test.each([
    ['?active=1', 8],
    ['?active=True', 8],
    ['?active=t', 8],
    ['?active=false', 2],
    ['?active=0&active=1', 8],
    ['?active=', 10],
    [`?date=${day(0)}`, 2],
    [`?date_after=${day(1)}`, 6],
    [`?date_before=${day(1)}`, 6],
    [`?date_after=${day(0)}&date_before=${day(1)}&sla=development`, 2],
    ['?release=n-1', 2],
    ['?release=n-7', 0],
    ['?release=n-1&sla=bug_fixes', 1],
    ['?product_version=n-9', 4],
    ['?product_version=n-9&active=1', 2],
    ['?product_version=n-8', 0],
    ['?sla=bug_fixes', 5],
    ['?sla=bug_fixes&sla=development', 10],
    ['?sla=bug_fixes,development', 0],
    ['?sla=bug_fixes&sla=nope', 0],
    ['?sla=', 0],
    ['?date=', 10],
  ])('%s', async (query, count) => {
    const body = await list(query)
    expect([body.count, body.results.length]).toEqual([count, count])
  })

  test.each(['TRUE', 'T', 'yes', 'no'])('active=%s is no boolean', async value => {
    const { status, body } = await callers.anonymous.get(`release-schedules/?active=${value}`)
    expect([status, body]).toEqual([400, [`Value [${value}] is not a boolean`]])
  })

  test('a day in American order is understood, one that is none matches nothing and is warned of', async () => {
    const [year, month, date] = day(0).split('-')
    expect((await list(`?date=${month}/${date}/${year}`)).count).toBe(2)
    expect((await list(`?date=${month}/${date}/${year?.slice(2)}`)).count).toBe(2)
    const wrong = await callers.anonymous.get('release-schedules/?date_after=2020-02-30')
    expect([wrong.status, wrong.body.count]).toEqual([200, 0])
    expect(wrong.headers['pdc-warning']).toContain('date_after')
  })

  test('count for the schedule itself, too', async () => {
    const [expired] = (await list('?active=0')).results
    expect((await callers.anonymous.get(`release-schedules/${expired.id}/?active=1`)).status).toBe(404)
    expect((await callers.anonymous.get(`release-schedules/${expired.id}/?active=0&page=7&ordering=id`)).status).toBe(
      200,
    )
  })
})

describe('order', () => {
  test('is by date, and always total', async () => {
    expect((await found('')).slice(0, 4)).toEqual(['n-0 d', 'n-0 b', 'n-1 d', 'n-1 b'])
  })

  test.each([
    ['-date', 'n-4 b', 'n-0 d'],
    ['sla__name,-date', 'n-4 b', 'n-0 d'],
    ['sla,date', 'n-0 b', 'n-4 d'],
    ['-release', 'n-4 b', 'n-0 d'],
    [' -release__release_id , sla_url', 'n-4 b', 'n-0 d'],
    ['release__product_version__product_version_id,release,-sla', 'n-0 d', 'n-4 b'],
    ['id', 'n-0 d', 'n-4 b'],
  ])('%s', async (ordering, first, last) => {
    const all = await found(`?ordering=${encodeURIComponent(ordering)}`)
    expect([all.length, all[0], all.at(-1)]).toEqual([10, first, last])
  })

  test.each([
    ['active', 'Unknown ordering key: active'],
    ['release__nope', 'Unknown ordering key: release__nope'],
    ['foo', /^Unknown query key: .*foo/],
    ['', /^Unknown query key: /],
    ['id,', /^Unknown query key: /],
  ])('"%s" is no order', async (ordering, detail) => {
    const { status, body } = await callers.anonymous.get(`release-schedules/?ordering=${ordering}`)
    expect(status).toBe(400)
    if (typeof detail === 'string') expect(body).toEqual({ detail })
    else expect(body.detail).toMatch(detail)
  })
})

describe('pages', () => {
  test('are linked, with all parameters, sorted', async () => {
    const path = '?page_size=3&sla=development&sla=bug_fixes&ordering=-date'
    const first = await list(path)
    expect(Object.keys(first)).toEqual(['count', 'next', 'previous', 'results'])
    const rest = 'ordering=-date&page=2&page_size=3&sla=development&sla=bug_fixes'
    expect([first.count, first.next, first.previous]).toEqual([10, `${url}?${rest}`, null])
    const second = await list(`?${rest}`)
    expect(second.previous).toBe(`${url}?ordering=-date&page_size=3&sla=development&sla=bug_fixes`)
    const last = await list('?page_size=3&page=last')
    expect([last.results.length, last.next, last.previous]).toEqual([1, null, `${url}?page=3&page_size=3`])
  })

  test('cover everything once', async () => {
    for (const ordering of ['date', '-date', 'sla__name', '-release__version']) {
      const seen: string[] = []
      for (let page = 1; page <= 4; page += 1)
        seen.push(...(await found(`?ordering=${ordering}&page_size=3&page=${page}`)))
      expect(seen).toEqual(await found(`?ordering=${ordering}`))
    }
  })

  test.each(['0', '-1', 'x', '', '6', '99999999999999999999'])('page=%s is none', async page => {
    const { status, body } = await callers.anonymous.get(`release-schedules/?page_size=2&page=${page}`)
    expect([status, body]).toEqual([404, { detail: 'Invalid page.' }])
  })

  test('are of any size up to 100, or there are none', async () => {
    expect((await list('?page_size=x')).results).toHaveLength(10)
    expect((await list('?page_size=500')).results).toHaveLength(10)
    expect(await list('?page_size=0&page=9')).toHaveLength(10)
    expect(await list('?page_size=-1&active=0&fields=sla')).toEqual([{ sla: 'development' }, { sla: 'bug_fixes' }])
    expect(await list('?page_size=-1&sla=nope')).toEqual([])
    expect(await list('?sla=nope')).toEqual({ count: 0, next: null, previous: null, results: [] })
  })
})

describe('fields', () => {
  test.each([
    ['?fields=id&fields=sla', ['id', 'sla']],
    ['?fields=sla,id', ['id', 'sla']],
    ['?fields=', ['id', 'release', 'sla', 'date', 'active', 'release_url', 'sla_url']],
    ['?exclude_fields=id,release,sla_url,release_url', ['sla', 'date', 'active']],
    ['?fields=id,sla&exclude_fields=sla', ['id']],
    ['?fields=id&exclude_fields=id', []],
  ])('%s', async (query, names) => {
    const { results } = await list(query)
    expect(Object.keys(results[0])).toEqual(names)
    const id = (await list('')).results[0].id
    expect(Object.keys((await callers.anonymous.get(`release-schedules/${id}/${query}`)).body)).toEqual(names)
  })

  test('that there are not are named', async () => {
    expect(await list('?fields=foo,bar,id')).toEqual({ detail: 'Unknown fields in "fields" filter: bar, foo' })
    expect(await list('?exclude_fields=foo')).toEqual({ detail: 'Unknown fields in "exclude_fields" filter: foo' })
  })

  test('shape the answer to a write only', async () => {
    const [{ id, date }] = (await list('')).results
    const answer = await callers.admin.patch(`release-schedules/${id}/?fields=id`, { date })
    expect([answer.status, answer.body]).toEqual([200, { id }])
  })
})

test('unknown parameters are refused on every method', async () => {
  const detail = 'Unknown query params: Sla, format.'
  for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
    const answer = await callers.admin.send(method, 'release-schedules/?format=json&Sla=1&page_size=5', '{')
    expect([answer.status, answer.body], method).toEqual([400, { detail }])
  }
})
