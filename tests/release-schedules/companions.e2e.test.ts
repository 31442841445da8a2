import { beforeAll, describe, expect, test } from 'vitest'
import { day, given, unique } from './support/given.ts'
import { type Callers, platform } from './support/platform.ts'

const running = platform()
let callers: Callers
let make: ReturnType<typeof given>

beforeAll(() => {
  callers = running.as
  make = given(callers.admin)
})

describe('service levels', () => {
  test('have a name that stays, and a description that PUT keeps', async () => {
    const created = await callers.admin.post('component-sla-types/', { name: ' stable ', description: 'é' })
    expect([created.status, created.text]).toEqual([201, `{"id":${created.body.id},"name":"stable","description":"é"}`])
    const path = `component-sla-types/${created.body.id}/`
    expect((await callers.admin.put(path, { name: 'stable' })).body).toEqual(created.body)
    const renamed = await callers.admin.patch(path, { name: 'other' })
    expect([renamed.status, renamed.body]).toEqual([400, { name: ["You may not modify the SLA's name due to policy"] }])
    expect((await callers.admin.put(path, {})).body).toEqual({ name: ['This field is required.'] })
    expect((await callers.admin.patch(path, { description: null })).body).toEqual({
      description: ['This field may not be null.'],
    })
    expect((await callers.admin.patch(path, { description: '' })).body.description).toBe('')
    expect((await callers.anonymous.get('component-sla-types/?name=x&name=stable')).body.count).toBe(1)
  })

  test.each([
    [{ name: '' }, ['This field may not be blank.']],
    [{ name: true }, ['Not a valid string.']],
    [{ name: 'x'.repeat(301) }, ['Ensure this field has no more than 300 characters.']],
  ])('are not made from %j', async (body, name) => {
    expect((await callers.admin.post('component-sla-types/', body)).body).toEqual({ name })
  })

  test('are unique', async () => {
    const { name } = await make.sla()
    const again = await callers.admin.post('component-sla-types/', { name })
    expect([again.status, again.body]).toEqual([400, { name: ['sla with this name already exists.'] }])
  })

  test('take their schedules with them, which is recorded', async () => {
    const [sla, release] = [await make.sla(), await make.release()]
    const schedule = await make.schedule({ sla: sla.name, release: release.release_id, date: day(1) })
    expect((await callers.admin.delete(`component-sla-types/${sla.id}/`)).status).toBe(204)
    expect((await callers.anonymous.get(`release-schedules/${schedule.id}/`)).status).toBe(404)
    const { changes } = (await callers.anonymous.get('changesets/?page_size=1')).body.results[0]
    expect(changes.map((change: { resource: string }) => change.resource)).toEqual(['releaseschedule', 'sla'])
  })
})

describe('releases', () => {
  test('have the defaults and the fields of the original', async () => {
    const created = await callers.admin.post('releases/', {
      short: 'full',
      version: '7.0',
      name: 'Full',
      release_type: 'updates',
    })
    expect(created.text).toBe(
      JSON.stringify({
        release_id: 'full-7.0-updates',
        short: 'full',
        version: '7.0',
        name: 'Full',
        base_product: null,
        active: true,
        product_version: null,
        release_type: 'updates',
        compose_set: [],
        integrated_with: null,
        sigkey: null,
        allow_buildroot_push: false,
        allowed_debuginfo_services: [],
        allowed_push_targets: [],
        bugzilla: null,
        dist_git: null,
      }),
    )
  })

  test('are renamed by their fields, and schedules follow', async () => {
    const [sla, { release_id, short }] = [await make.sla(), await make.release()]
    const { id } = await make.schedule({ sla: sla.name, release: release_id, date: day(1) })
    const renamed = await callers.admin.patch(`releases/${release_id}/`, { version: '2', release_type: 'eus' })
    expect(renamed.body.release_id).toBe(`${short}-2-eus`)
    expect((await callers.anonymous.get(`releases/${release_id}/`)).status).toBe(404)
    const schedule = (await callers.anonymous.get(`release-schedules/${id}/`)).body
    expect(schedule.release).toBe(`${short}-2-eus`)
    expect((await callers.anonymous.get(new URL(schedule.release_url).pathname)).status).toBe(200)
  })

  test('layered on a base product have its id in theirs', async () => {
    const base = await callers.admin.post('base-products/', {
      short: 'base',
      version: '1',
      name: 'Base',
      release_type: 'ga',
    })
    expect(base.body.base_product_id).toBe('base-1')
    const layered = { short: 'layered', version: '1.0', name: 'L', release_type: 'ga', base_product: 'base-1' }
    expect((await callers.admin.post('releases/', layered)).body.release_id).toBe('layered-1.0@base-1')
    for (const path of ['releases/layered-1.0@base-1/', 'releases/layered-1.0%40base-1/'])
      expect((await callers.anonymous.get(path)).body.base_product).toBe('base-1')
    const sla = (await make.sla()).name
    const schedule = await make.schedule({ sla, release: 'layered-1.0@base-1', date: day(1) })
    expect(schedule.release_url).toMatch(/\/releases\/layered-1\.0@base-1\/$/)
    const again = await callers.admin.post('releases/', layered)
    expect(again.body).toEqual({
      detail: ['The fields short, version, release_type, base_product must make a unique set.'],
    })
    const found = await callers.anonymous.get('releases/?has_base_product=True&fields=release_id')
    expect(found.body.results).toEqual([{ release_id: 'layered-1.0@base-1' }])
  })

  test('with an id that there is are refused', async () => {
    const { short, version, name, release_type } = await make.release()
    const again = await callers.admin.post('releases/', { short, version, name, release_type })
    expect([again.status, again.body]).toEqual([400, { detail: ['Release with this Release id already exists.'] }])
  })

  test('are put in order by number', async () => {
    const short = unique('order')
    for (const version of ['10.0', '9.0', 'Rawhide', '2.2']) await make.release({ short, version })
    const { results } = (await callers.anonymous.get(`releases/?short=${short}&fields=version`)).body
    expect(results.map((one: { version: string }) => one.version)).toEqual(['Rawhide', '2.2', '9.0', '10.0'])
    const plain = (await callers.anonymous.get(`releases/?short=${short}&fields=version&ordering=version`)).body
    expect(plain.results.map((one: { version: string }) => one.version)).toEqual(['10.0', '2.2', '9.0', 'Rawhide'])
  })

  test('tell everything that is wrong with them', async () => {
    const { status, body } = await callers.admin.post('releases/', {
      short: 'Bad_',
      version: '1.',
      release_type: 'x',
      base_product: 'no',
      product_version: 'no',
      integrated_with: 'no',
      sigkey: 'k',
      allowed_debuginfo_services: ['rhn', 'fax'],
      allowed_push_targets: ['t'],
      active: 'maybe',
      bugzilla: 'x',
      dist_git: {},
    })
    expect(status).toBe(400)
    expect(body).toEqual({
      short: ['Only accept lowercase letters, numbers or -'],
      version: ['Only accept comma separated numbers or any text'],
      name: ['This field is required.'],
      release_type: ["'x' is not allowed value. Use one of 'aus', 'els', 'eus', 'fast', 'ga', 'updates'."],
      base_product: ['Object with base_product_id=no does not exist.'],
      product_version: ['Object with product_version_id=no does not exist.'],
      integrated_with: ['Object with release_id=no does not exist.'],
      sigkey: ['Object with key_id=k does not exist.'],
      allowed_debuginfo_services: ['Object with name=fax does not exist.'],
      allowed_push_targets: ['Object with name=t does not exist.'],
      active: ['"maybe" is not a valid boolean.'],
      bugzilla: ['Invalid input: must be a dict.'],
      dist_git: { branch: ['This field is required.'] },
    })
    expect((await callers.admin.post('releases/', { bugzilla: { product: 'x', y: 1 } })).body).toEqual({
      detail: 'Unknown fields: "y".',
    })
  })

  test('are reset by PUT, and refer to each other within one request', async () => {
    const short = unique('chain')
    const item = { version: '1', name: 'C', release_type: 'ga' }
    const created = await callers.admin.post('releases/', [
      { ...item, short, active: false, bugzilla: { product: 'B' }, allowed_debuginfo_services: ['ftp'] },
      { ...item, short: `${short}-next`, integrated_with: `${short}-1` },
    ])
    expect(created.body[1].integrated_with).toBe(`${short}-1`)
    expect(created.body[0]).toMatchObject({ active: false, bugzilla: { product: 'B' } })
    const put = await callers.admin.put(`releases/${short}-1/`, { ...item, short })
    expect(put.body).toMatchObject({ active: true, bugzilla: null, allowed_debuginfo_services: [] })
    const found = await callers.anonymous.get(`releases/?integrated_with=${short}-1&fields=short`)
    expect(found.body.results).toEqual([{ short: `${short}-next` }])
  })

  test.each(['DELETE'])('know no %s', async method => {
    const { release_id } = await make.release()
    for (const path of ['releases/', `releases/${release_id}/`]) {
      const { status, body } = await callers.admin.send(method, path)
      expect([status, body]).toEqual([405, { detail: `Method "${method}" not allowed.` }])
    }
  })
})

describe('products and their versions', () => {
  test('are active when a release below is', async () => {
    const { short } = await make.product()
    const version = await make.productVersion({ product: short, version: '3' })
    expect(version).toMatchObject({ short, product_version_id: `${short}-3`, active: false, releases: [] })
    const product_version = `${short}-3`
    const { release_id } = await make.release({ short, version: '3.1', product_version })
    expect((await callers.anonymous.get(`products/${short}/`)).text).toBe(
      `{"name":"Product","short":"${short}","active":true,"product_versions":["${product_version}"],"allowed_push_targets":[]}`,
    )
    expect((await callers.anonymous.get(`product-versions/${product_version}/`)).body).toMatchObject({
      active: true,
      releases: [release_id],
    })
    await callers.admin.patch(`releases/${release_id}/`, { active: false })
    expect((await callers.anonymous.get(`products/?active=TRUE&short=${short}`)).body.count).toBe(0)
    expect((await callers.anonymous.get(`products/?active=f&short=${short}`)).body.count).toBe(1)
    expect((await callers.anonymous.get('products/?active=x')).body).toEqual({
      detail: 'x is not a valid boolean value',
    })
  })

  test('are unique', async () => {
    const { short } = await make.product()
    expect((await callers.admin.post('products/', { name: 'P', short })).body).toEqual({
      short: ['product with this short already exists.'],
    })
    await make.productVersion({ product: short })
    const again = await callers.admin.post('product-versions/', { product: short, name: 'V', version: '1' })
    expect(again.body).toEqual({ detail: ['The fields short, version must make a unique set.'] })
    const body = { short, version: '1', name: short, release_type: 'ga' }
    await callers.admin.post('base-products/', body)
    expect((await callers.admin.post('base-products/', body)).body).toEqual({
      detail: [
        'The fields short, version, release_type must make a unique set.',
        'The fields name, version, release_type must make a unique set.',
      ],
    })
    expect((await callers.anonymous.get('product-versions/?product=x')).body).toEqual({
      detail: 'Unknown query params: product.',
    })
  })
})

test('the types of releases are there from the beginning, to be read only', async () => {
  const { body } = await callers.anonymous.get('release-types/')
  expect(body.results.map((type: { short: string }) => type.short)).toEqual([
    ...['aus', 'els', 'eus', 'fast', 'ga', 'updates'],
  ])
  expect(body.results[4]).toEqual({ short: 'ga', name: 'Release', suffix: '' })
  expect((await callers.anonymous.get('release-types/?name=LIFE')).body.count).toBe(2)
  expect((await callers.anonymous.get('release-types/ga/')).body).toEqual({ detail: 'Not found' })
  expect((await callers.admin.post('release-types/', {})).status).toBe(405)
  expect((await callers.anonymous.get('release-variants/?release=x')).body.results).toEqual([])
  for (const ordering of ['uid', '-id', 'release', 'arches', 'release__release_id,name', 'no__such']) {
    expect((await callers.anonymous.get(`release-variants/?ordering=${ordering}`)).body.count).toBe(0)
  }
  const { status, body: wrong } = await callers.anonymous.get('release-variants/?ordering=nothing')
  expect([status, wrong.detail]).toEqual([400, expect.stringContaining('Unknown query key:')])
})

describe('conditional requests', () => {
  test.each(['releases', 'products', 'base-products'])('on %s', async segment => {
    const short = unique('cond')
    const fields =
      segment === 'products' ? { short, name: short } : { short, version: '1', name: short, release_type: 'ga' }
    await callers.admin.post(`${segment}/`, fields)
    const path = `${segment}/${segment === 'products' ? short : `${short}-1`}/`
    const modified = (await callers.anonymous.get(path)).headers['last-modified'] as string
    expect(Math.abs(Date.parse(modified) - Date.now())).toBeLessThan(60_000)
    const before = new Date(Date.parse(modified) - 1000).toUTCString()
    for (const target of [path, `${segment}/`]) {
      const same = await callers.anonymous.get(target, { 'if-modified-since': modified })
      expect([same.status, same.text]).toEqual([304, ''])
      expect((await callers.anonymous.get(target, { 'if-modified-since': before })).status).toBe(200)
    }
    const stale = await callers.admin.patch(path, { name: `${short}2` }, { 'if-unmodified-since': before })
    expect([stale.status, stale.text]).toEqual([412, ''])
    expect((await callers.anonymous.get(path)).body.name).toBe(short)
    const fresh = await callers.admin.patch(path, { name: `${short}2` }, { 'if-unmodified-since': modified })
    expect(fresh.status).toBe(200)
  })

  test('not on schedules', async () => {
    expect((await callers.anonymous.get('release-schedules/')).headers['last-modified']).toBeUndefined()
  })
})
