import { beforeAll, describe, expect, test } from 'vitest'
import { day, given, unique } from './support/given.ts'
import type { Callers } from './support/platform.ts'
import { platform } from './support/platform.ts'

const running = platform()
let { callers } = {} as { callers: Callers }
let make: ReturnType<typeof given>
let base: string

beforeAll(() => {
  callers = running.as
  make = given(callers.admin)
  base = `${running.url}/rest_api/v1`
})

/** A release, a service level, and the body of a schedule for both. */
async function pair() {
  const [release, sla] = await Promise.all([make.release(), make.sla()])
  return { release: release.release_id as string, sla: sla.name as string, slaId: sla.id as number }
}

describe('one schedule', () => {
  test('is created, read, replaced, changed and deleted', async () => {
    const { release, sla, slaId } = await pair()
    const created = await callers.admin.post('release-schedules/', { release, sla, date: '2099-12-31' })
    const { id } = created.body
    const expected = {
      id,
      release,
      sla,
      date: '2099-12-31',
      active: true,
      release_url: `${base}/releases/${release}/`,
      sla_url: `${base}/component-sla-types/${slaId}/`,
    }
    expect(created.status).toBe(201)
    expect(created.text).toBe(JSON.stringify(expected))
    expect(created.headers.location).toBeUndefined()
    expect((await callers.anonymous.get(`release-schedules/${id}/`)).text).toBe(created.text)
    expect((await callers.anonymous.get(`release-schedules/0${id}/`)).text).toBe(created.text)

    const replaced = await callers.admin.put(`release-schedules/${id}/`, { release, sla, date: '2001-2-3' })
    expect([replaced.status, replaced.body]).toEqual([200, { ...expected, date: '2001-02-03', active: false }])
    const changed = await callers.admin.patch(`release-schedules/${id}/`, { date: '2099-12-31' })
    expect([changed.status, changed.body]).toEqual([200, expected])

    const deleted = await callers.admin.delete(`release-schedules/${id}/`)
    expect([deleted.status, deleted.text]).toEqual([204, ''])
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await callers.admin.send(method, `release-schedules/${id}/`, '{}')).body).toEqual({
        detail: 'Not found.',
      })
  })

  test('is active until its day is over, in UTC', async () => {
    const dates = [day(-1), day(0), day(1)]
    const active = await Promise.all(
      dates.map(async date => {
        const { release, sla } = await pair()
        return (await make.schedule({ release, sla, date })).active
      }),
    )
    expect(active).toEqual([false, true, true])
  })

  test('has links that lead to what they name', async () => {
    const { release, sla } = await pair()
    const schedule = await make.schedule({ release, sla, date: day(9) })
    expect((await callers.anonymous.get(new URL(schedule.release_url).pathname)).body.release_id).toBe(release)
    expect((await callers.anonymous.get(new URL(schedule.sla_url).pathname)).body.name).toBe(sla)
  })

  test.each(['abc', '1.5', '99999999999999999999', '-1'])('with the key %s is not there', async key => {
    const { status, body } = await callers.anonymous.get(`release-schedules/${key}/`)
    expect([status, body]).toEqual([404, { detail: 'Not found.' }])
  })

  test('without the slash at the end is served all the same', async () => {
    const { release, sla } = await pair()
    const created = await callers.admin.post('release-schedules', { release, sla, date: day(1) })
    expect(created.status).toBe(201)
    expect((await callers.anonymous.get(`release-schedules/${created.body.id}`)).text).toBe(created.text)
  })
})

describe('what is wrong with a body', () => {
  test('is told for all fields at once', async () => {
    const { status, body } = await callers.admin.post('release-schedules/', { sla: null, date: 'soon' })
    expect(status).toBe(400)
    expect(body).toEqual({
      release: ['This field is required.'],
      sla: ['This field may not be null.'],
      date: ['Date has wrong format. Use one of these formats instead: YYYY[-MM[-DD]].'],
    })
  })

  test('names what does not exist, and what there is', async () => {
    const first = (await callers.anonymous.get('component-sla-types/?ordering=id&page_size=1')).body.results
    if (first.length === 0) await make.sla()
    const { body } = await callers.admin.post('release-schedules/', { release: ' no', sla: 'no', date: day(1) })
    expect(body.release).toEqual(['Object with release_id= no does not exist.'])
    expect(body.sla[0]).toMatch(/^'no' is not allowed value\. Use one of '[^']+'(, '[^']+')*\.$/)
  })

  test.each([
    [{ foo: 1, bar: 2, active: true }, 'Unknown fields: "foo", "bar".'],
    [{ active: true, id: 5 }, 'Can not update read only fields: "active", "id".'],
    [[], 'Partial update with no changes does not make much sense.'],
    [{}, 'Partial update with no changes does not make much sense.'],
    [[1], 'Invalid input: must be a dict.'],
    ['text', 'Invalid input: must be a dict.'],
  ])('%j', async (body, detail) => {
    const { release, sla } = await pair()
    const { id } = await make.schedule({ release, sla, date: day(1) })
    const answer = await callers.admin.patch(`release-schedules/${id}/`, body)
    expect([answer.status, answer.body]).toEqual([400, { detail }])
    expect(answer.headers['pdc-warning']).toBe(detail.startsWith('Partial') ? detail : undefined)
  })

  test('that changes nothing is told before whether there is such a schedule', async () => {
    const answer = await callers.admin.send('PATCH', 'release-schedules/999999/')
    expect([answer.status, answer.body.detail]).toEqual([
      400,
      'Partial update with no changes does not make much sense.',
    ])
  })

  test('that is no JSON or of another type', async () => {
    const broken = await callers.admin.send('POST', 'release-schedules/', '{"a":')
    expect(broken.status).toBe(400)
    expect(broken.body.detail).toMatch(/^JSON parse error - /)
    expect((await callers.admin.send('POST', 'release-schedules/', '[NaN]')).status).toBe(400)
    const text = await callers.admin.send('POST', 'release-schedules/', 'a', { 'content-type': 'text/plain' })
    expect([text.status, text.body]).toEqual([415, { detail: 'Unsupported media type "text/plain" in request.' }])
    expect((await callers.admin.post('release-schedules/', null)).body).toEqual({ detail: ['No data provided'] })
  })

  test('may be a form', async () => {
    const { release, sla } = await pair()
    const form = new URLSearchParams({ release, sla, date: day(3) }).toString()
    const answer = await callers.admin.send('POST', 'release-schedules/', form, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect([answer.status, answer.body.date]).toEqual([201, day(3)])
  })
})

describe('a release and a service level have one schedule', () => {
  const detail = ['The fields release, sla must make a unique set.']

  test('on POST, PUT and PATCH', async () => {
    const [one, two] = [await pair(), await pair()]
    const date = day(5)
    await make.schedule({ release: one.release, sla: one.sla, date })
    const { id } = await make.schedule({ release: two.release, sla: two.sla, date })
    const taken = { release: one.release, sla: one.sla }
    for (const answer of [
      await callers.admin.post('release-schedules/', { ...taken, date }),
      await callers.admin.put(`release-schedules/${id}/`, { ...taken, date }),
      await callers.admin.patch(`release-schedules/${id}/`, taken),
    ])
      expect([answer.status, answer.body]).toEqual([400, { detail }])
    expect((await callers.admin.put(`release-schedules/${id}/`, { ...two, slaId: undefined, date })).status).toBe(200)
  })

  test('whoever comes first', async () => {
    const { release, sla } = await pair()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => callers.admin.post('release-schedules/', { release, sla, date: day(5) })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    const others = answers.filter(({ status }) => status !== 201)
    for (const { status, body } of others) expect([status, body]).toEqual([400, { detail }])
    expect((await callers.anonymous.get(`release-schedules/?release=${release}`)).body.count).toBe(1)
  })
})

describe('many at once', () => {
  async function pairs(count: number) {
    const sla = (await make.sla()).name as string
    const releases = await callers.admin.post(
      'releases/',
      Array.from({ length: count }, () => ({ short: unique('bulk'), version: '1', name: 'B', release_type: 'ga' })),
    )
    return releases.body.map(({ release_id }: { release_id: string }) => ({ release: release_id, sla, date: day(4) }))
  }

  test('are created, replaced, changed and deleted', async () => {
    const items = await pairs(3)
    const created = await callers.admin.post('release-schedules/', items)
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject(items)
    const [a, b, c] = created.body.map(({ id }: { id: number }) => id)
    const replaced = await callers.admin.put('release-schedules/', {
      [a]: { ...items[0], date: '2050-01-01' },
      [`0${b}`]: { ...items[1], date: '2050-01-02' },
    })
    expect(replaced.status).toBe(200)
    expect(replaced.body).toMatchObject({
      [a]: { id: a, date: '2050-01-01' },
      [`0${b}`]: { id: b, date: '2050-01-02' },
    })
    const changed = await callers.admin.patch('release-schedules/', { [c]: { date: '2050-01-03' } })
    expect(changed.body).toMatchObject({ [c]: { ...items[2], date: '2050-01-03' } })
    expect((await callers.admin.delete('release-schedules/', [a, String(b), a])).status).toBe(204)
    expect((await callers.anonymous.get(`release-schedules/?sla=${items[0].sla}`)).body.count).toBe(1)
  })

  test('are done all or not at all; the answer tells which one was wrong', async () => {
    const [item, other] = await pairs(2)
    const before = (await callers.anonymous.get('changesets/')).body.count
    const wrong = { ...other, sla: 'no-such-sla' }
    const post = await callers.admin.post('release-schedules/', [item, wrong, {}])
    expect(post.status).toBe(400)
    expect(post.body).toMatchObject({ id_of_invalid_data: 1, invalid_data: wrong })
    expect(post.body.detail.sla[0]).toMatch(/^'no-such-sla' is not allowed value/)

    const twice = await callers.admin.post('release-schedules/', [item, item])
    expect([twice.status, twice.body]).toEqual([
      400,
      {
        id_of_invalid_data: 1,
        detail: ['The fields release, sla must make a unique set.'],
        invalid_data: item,
      },
    ])
    const missing = await callers.admin.patch('release-schedules/', { 999999: { date: '2032-01-01' } })
    expect([missing.status, missing.body]).toEqual([
      404,
      { id_of_invalid_data: '999999', detail: 'Not found.', invalid_data: { date: '2032-01-01' } },
    ])
    const unknown = await callers.admin.post('release-schedules/', [{ foo: 1 }])
    expect(unknown.body).toEqual({ id_of_invalid_data: 0, detail: 'Unknown fields: "foo".', invalid_data: { foo: 1 } })
    expect((await callers.anonymous.get(`release-schedules/?sla=${item.sla}`)).body.count).toBe(0)
    expect((await callers.anonymous.get('changesets/')).body.count).toBe(before)
  })

  test('are deleted by numbers or texts, which are not the same', async () => {
    const [item] = await pairs(1)
    const { id } = await make.schedule(item)
    const both = await callers.admin.delete('release-schedules/', [id, String(id)])
    expect([both.status, both.body]).toEqual([404, { id_of_invalid_data: String(id), detail: 'Not found.' }])
    const gone = await callers.admin.delete('release-schedules/', [999999])
    expect([gone.status, gone.body]).toEqual([404, { id_of_invalid_data: 999999, detail: 'Not found.' }])
    expect((await callers.anonymous.get(`release-schedules/${id}/`)).status).toBe(200)
  })

  test.each<[string, unknown, number, unknown]>([
    ['POST', [], 201, []],
    ['PUT', {}, 200, {}],
    ['PUT', undefined, 200, {}],
    ['PUT', [1], 400, { detail: 'Bulk update needs a mapping.' }],
    ['PATCH', {}, 400, { detail: 'Partial update with no changes does not make much sense.' }],
    ['PATCH', [1], 400, { detail: 'Bulk update needs a mapping.' }],
    ['DELETE', [], 204, undefined],
    ['DELETE', {}, 400, { detail: 'Bulk delete needs a list of identifiers.' }],
    ['DELETE', [true], 400, { detail: '"true" is not a valid identifier.' }],
  ])('%s with %j', async (method, body, status, expected) => {
    const answer = await callers.admin.send(
      method,
      'release-schedules/',
      body === undefined ? body : JSON.stringify(body),
    )
    expect([answer.status, answer.body]).toEqual([status, expected])
    expect(answer.headers['pdc-warning']).toBeUndefined()
  })

  test('may not swap what is unique, one being after the other', async () => {
    const [one, two] = await pairs(2)
    const [a, b] = [await make.schedule(one), await make.schedule(two)]
    const swapped = { [a.id]: { release: two.release }, [b.id]: { release: one.release } }
    const answer = await callers.admin.patch('release-schedules/', swapped)
    expect(answer.body.id_of_invalid_data).toBe(String(a.id))
    await callers.admin.delete(`release-schedules/${b.id}/`)
    expect((await callers.admin.patch('release-schedules/', { [a.id]: { release: two.release } })).status).toBe(200)
  })

  test('by the thousand', async () => {
    const items = await pairs(5_000)
    const created = await callers.admin.post('release-schedules/', items)
    expect(created.status, created.text.slice(0, 300)).toBe(201)
    expect(created.body).toHaveLength(5_000)
    const url = `release-schedules/?sla=${items[0].sla}`
    expect((await callers.anonymous.get(`${url}&page_size=1`)).body.count).toBe(5_000)
    expect((await callers.anonymous.get(`${url}&page_size=-1`)).body).toHaveLength(5_000)
    const { changes } = (await callers.anonymous.get('changesets/?page_size=1')).body.results[0]
    expect(changes).toHaveLength(5_000)
  })
})
