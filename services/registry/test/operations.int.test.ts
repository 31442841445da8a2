import {
  type EventEnvelope,
  eventFilter,
  newId,
  taskServiceOperations as operations,
  taskServiceEvents,
} from '@slipway/contracts'
import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from './open-database.ts'
import { as, baseUrl, type RunningRegistry, startRegistry } from './start-registry.ts'

let registry: RunningRegistry
let service: ScriptedTaskService
beforeAll(async () => {
  registry = await startRegistry()
  service = await scriptedTaskService()
})
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await service?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  service.on('status', { body: { name: 'etl' } })
  await sql(registry.store, 'delete from task_service')
})

const fields = () => ({ name: 'etl', description: 'Loads the data', author: 'ada', url: service.url })
const neverAsked = () => `${service.url}/never`
const create = (more: object = {}, options = as('ada')) =>
  registry.bus.call(operations.create, { body: { ...fields(), ...more } }, options)
const get = (kf_id: string) => registry.bus.call(operations.get, { kf_id }, as('nobody'))
const update = (kf_id: string, body: object, options = as('ada')) =>
  registry.bus.call(operations.update, { kf_id, body: body as never }, options)
const list = (input: object = {}) => registry.bus.call(operations.list, input, as('nobody'))
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have been refused'),
    (error: { code: string; status: number; message: string; details?: { path: string[]; message: string }[] }) => ({
      code: error.code,
      ...(error.details
        ? { fields: Object.fromEntries(error.details.map(({ path, message }) => [path.join('.'), message])) }
        : { message: error.message }),
    }),
  )
const eventsOf = async (kf_id: string) =>
  (
    await sql<{ verb: string; sequence: number; actor: string; data: object }>(
      registry.store,
      'select verb, sequence, actor, data from platform.outbox where aggregate = $1 order by sequence',
      kf_id,
    )
  ).map(({ verb, sequence, actor, data }) => ({ verb, sequence, actor, data }))

describe('writing and reading', () => {
  test('a new task service has an id, a time and good health', async () => {
    const made = await registry.bus.request(operations.create, { body: { ...fields(), enabled: false } }, as('ada'))
    expect(made.status).toBe(201)
    const body = JSON.parse(Buffer.from(made.body).toString())
    expect(operations.create.output.parse(body)).toEqual(body)
    expect(body).toMatchObject({ ...fields(), enabled: false, last_ok_status: 0, health_status: 'ok' })
    expect(body.kf_id).toMatch(/^TS_[0-9A-HJKMNP-TV-Z]{8}$/)
    expect(body.created_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{6})?Z$/)
    expect(await get(body.kf_id)).toEqual(body)
  })

  test('is enabled unless it says otherwise, and takes no read-only fields', async () => {
    const made = await create({ last_ok_status: 9, health_status: 'down', kf_id: 'TS_00000000' })
    expect(made).toMatchObject({ enabled: true, last_ok_status: 0, health_status: 'ok' })
    expect(made.kf_id).not.toBe('TS_00000000')
  })

  test('PUT replaces all fields, absent ones by their default', async () => {
    const { kf_id, created_at } = await create({ enabled: false })
    const body = { ...fields(), name: 'new' }
    const after = await registry.bus.call(operations.replace, { kf_id, body }, as('ada'))
    expect(after).toMatchObject({ name: 'new', enabled: true, created_at })
    expect(
      await refusal(registry.bus.call(operations.replace, { kf_id, body: { name: 'x' } as never }, as('ada'))),
    ).toEqual({
      code: 'invalid',
      fields: {
        description: 'This field is required.',
        author: 'This field is required.',
        url: 'This field is required.',
      },
    })
  })

  test('PATCH changes what it names', async () => {
    const made = await create()
    expect(await update(made.kf_id, { enabled: 'off', name: ' new ' })).toEqual({
      ...made,
      enabled: false,
      name: 'new',
    })
    expect(await update(made.kf_id, {})).toEqual({ ...made, enabled: false, name: 'new' })
  })

  test('DELETE leaves nothing', async () => {
    const { kf_id } = await create()
    const answer = await registry.bus.request(operations.delete, { kf_id }, as('ada'))
    expect([answer.status, answer.body.length]).toEqual([204, 0])
    expect(await refusal(get(kf_id))).toEqual({ code: 'not_found', message: 'Not found.' })
    expect((await list()).count).toBe(0)
  })
})

describe('rights', () => {
  test('anybody reads', async () => {
    const { kf_id } = await create()
    expect(await get(kf_id)).toMatchObject({ kf_id })
    expect((await list()).results).toHaveLength(1)
    expect((await registry.bus.call(operations.history, { kf_id }, as('nobody'))).count).toBeTypeOf('number')
  })

  test.each(['ada', 'admin', 'first', 'machine'] as const)('%s may write', async person => {
    const { kf_id } = await create({}, as(person))
    await update(kf_id, { name: 'new' }, as(person))
    await registry.bus.call(operations.delete, { kf_id }, as(person))
    const actor = { ada: 'ada', admin: 'root', first: 'first', machine: 'service:etl' }[person]
    expect((await eventsOf(kf_id)).map(event => event.actor)).toEqual([actor, actor, actor])
  })

  test.each([
    ['nobody', { code: 'unauthenticated', message: 'Authentication credentials were not provided.' }],
    ['reader', { code: 'forbidden', message: 'Must be a developer' }],
  ] as const)(
    '%s may not write, whether the service exists or not, whatever the body says',
    async (person, refused) => {
      const { kf_id } = await create()
      const body = { url: neverAsked() } as never
      expect(await refusal(registry.bus.call(operations.create, { body }, as(person)))).toEqual(refused)
      for (const id of [kf_id, newId('TS')]) {
        expect(await refusal(registry.bus.call(operations.replace, { kf_id: id, body }, as(person)))).toEqual(refused)
        expect(await refusal(update(id, { url: neverAsked() }, as(person)))).toEqual(refused)
        expect(await refusal(registry.bus.call(operations.delete, { kf_id: id }, as(person)))).toEqual(refused)
      }
      expect(service.received('GET /never/status')).toEqual([])
      expect(await eventsOf(kf_id)).toHaveLength(1)
    },
  )

  test.each(['TS_00000000', 'TS_', '', 'nul\0', "x' or true --"])(
    '%j is not found before its body is looked at',
    async kf_id => {
      const missing = { code: 'not_found', message: 'Not found.' }
      expect(await refusal(get(kf_id))).toEqual(missing)
      expect(await refusal(update(kf_id, { name: '', url: neverAsked() }))).toEqual(missing)
      expect(await refusal(registry.bus.call(operations.delete, { kf_id }, as('ada')))).toEqual(missing)
      expect(await refusal(registry.bus.call(operations.history, { kf_id }, as('nobody')))).toEqual(missing)
      expect(service.received('GET /never/status')).toEqual([])
    },
  )
})

describe('validation', () => {
  test('reports all bad fields at once, the url among them', async () => {
    service.on('status', { status: 404 })
    expect(
      await refusal(create({ name: null, description: '  ', author: 'x'.repeat(101), enabled: 'perhaps' })),
    ).toEqual({
      code: 'invalid',
      fields: {
        name: 'This field may not be null.',
        description: 'This field may not be blank.',
        author: 'Ensure this field has no more than 100 characters.',
        enabled: 'Must be a valid boolean.',
        url: `could not reach ${service.url}: 404 Client Error: Not Found for url: ${service.url}/status`,
      },
    })
    expect((await list()).count).toBe(0)
  })

  test('a url that is not one is not called', async () => {
    expect(await refusal(create({ url: 'ftp://example.org' }))).toEqual({
      code: 'invalid',
      fields: { url: 'Enter a valid URL.' },
    })
  })

  test('without a url PATCH calls nobody, so that a dead service can be disabled', async () => {
    const { kf_id } = await create()
    // The first health check must not be taken for a check of the url.
    await eventually(async () => (await registry.bus.call(operations.history, { kf_id }, as('nobody'))).count === 1)
    service.on('status', { status: 500 })
    const calls = service.received('status').length
    expect(await update(kf_id, { enabled: false })).toMatchObject({ enabled: false })
    expect(service.received('status')).toHaveLength(calls)
    expect(await refusal(update(kf_id, { name: 'new', url: service.url }))).toMatchObject({ code: 'invalid' })
    expect(await get(kf_id)).toMatchObject({ name: 'etl' })
  })

  test('odd text is kept as it is', async () => {
    const odd = { name: '"; drop table task_service; --', description: 'ünïcödé 🚀 \u2028 \\u0000', author: '<b>' }
    expect(await create(odd)).toMatchObject(odd)
  })
})

describe('events', () => {
  test('one for each change, numbered without gaps, with the state after it', async () => {
    const made = await create()
    const disabled = await update(made.kf_id, { enabled: false }, as('admin'))
    await update(made.kf_id, { enabled: false, name: 'etl' })
    const moved = await update(made.kf_id, { url: `${service.url}`, name: 'new' })
    await registry.bus.call(operations.delete, { kf_id: made.kf_id }, as('ada'))
    expect(await eventsOf(made.kf_id)).toEqual([
      { verb: 'created', sequence: 1, actor: 'ada', data: made },
      { verb: 'updated', sequence: 2, actor: 'root', data: disabled },
      { verb: 'updated', sequence: 3, actor: 'ada', data: moved },
      { verb: 'deleted', sequence: 4, actor: 'ada', data: moved },
    ])
  })

  test('reach the stream with their trace', async () => {
    const seen: EventEnvelope[] = []
    const consumer = await registry.bus.consume({
      durable: 'registry-test',
      filters: Object.values(taskServiceEvents).map(eventFilter),
      handle: async event => void seen.push(event),
      deadLetter: async () => expect.unreachable(),
    })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const made = await create({}, as('ada', { traceparent }))
    const event = await eventually(() => seen.find(({ subject }) => subject === made.kf_id) ?? false)
    expect(event).toMatchObject({
      source: '/slipway/registry',
      type: 'slipway.v1.task-service.created',
      sequence: 1,
      actor: 'ada',
      data: made,
    })
    expect(event.traceparent).toContain('0af7651916cd43dd8448eb211c80319c')
    await consumer.stop()
  })

  test('changes at the same time keep each other, and each has its event', async () => {
    const { kf_id } = await create()
    const bodies = [{ name: 'n' }, { description: 'd' }, { author: 'a' }, { enabled: false }]
    await Promise.all(bodies.map(body => update(kf_id, body)))
    expect(await get(kf_id)).toMatchObject({ name: 'n', description: 'd', author: 'a', enabled: false })
    expect((await eventsOf(kf_id)).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
  })

  test('the same change many times at once is one change', async () => {
    const { kf_id } = await create()
    const answers = await Promise.all(Array.from({ length: 10 }, () => update(kf_id, { enabled: false })))
    expect(answers.every(({ enabled }) => enabled === false)).toBe(true)
    expect((await eventsOf(kf_id)).map(({ verb }) => verb)).toEqual(['created', 'updated'])
  })
})

describe('a repeated command', () => {
  const command = () => as('ada', { commandId: crypto.randomUUID() })

  test('to create is answered with the first answer, also when the service has gone meanwhile', async () => {
    const once = command()
    const first = await create({}, once)
    service.on('status', { status: 500 })
    const again = await registry.bus.request(operations.create, { body: fields() }, once)
    expect(again.status).toBe(201)
    expect(JSON.parse(Buffer.from(again.body).toString())).toEqual(first)
    expect((await list()).count).toBe(1)
  })

  test('at the same time is done once', async () => {
    const once = command()
    const answers = await Promise.all(Array.from({ length: 8 }, () => create({}, once)))
    expect(new Set(answers.map(({ kf_id }) => kf_id)).size).toBe(1)
    expect((await list()).count).toBe(1)
  })

  test('to change does not undo what came after it', async () => {
    const { kf_id } = await create()
    const once = command()
    const first = await update(kf_id, { name: 'first' }, once)
    await update(kf_id, { name: 'second' })
    expect(await update(kf_id, { name: 'first' }, once)).toEqual(first)
    expect(await get(kf_id)).toMatchObject({ name: 'second' })
  })

  test('to delete is 204 again', async () => {
    const { kf_id } = await create()
    const once = command()
    for (let time = 0; time < 2; time += 1) {
      expect((await registry.bus.request(operations.delete, { kf_id }, once)).status).toBe(204)
    }
    expect(await eventsOf(kf_id)).toHaveLength(2)
  })

  test('is no way around missing rights', async () => {
    const once = command()
    const { kf_id } = await create()
    await update(kf_id, { name: 'first' }, once)
    expect(await refusal(update(kf_id, { name: 'first' }, { ...once, ...as('reader') }))).toMatchObject({
      code: 'forbidden',
    })
  })

  test('with another content is refused', async () => {
    const { kf_id } = await create()
    const once = command()
    await update(kf_id, { name: 'first' }, once)
    expect(await refusal(update(kf_id, { name: 'other' }, once))).toMatchObject({ code: 'key_reused' })
    expect(await get(kf_id)).toMatchObject({ name: 'first' })
  })

  test('that was refused may be tried again', async () => {
    const once = command()
    service.on('status', { status: 500 })
    expect(await refusal(create({}, once))).toMatchObject({ code: 'invalid' })
    service.on('status', { body: { name: 'etl' } })
    expect(await create({}, once)).toMatchObject({ name: 'etl' })
  })
})

describe('the list', () => {
  const ids = async (input: object) => (await list(input)).results.map(({ name }) => name)

  beforeEach(async () => {
    for (let index = 1; index <= 12; index += 1) await create({ name: `s${index}`, enabled: index % 4 !== 0 })
  })

  test('is newest first, ten at a time, with the exact count and links', async () => {
    const page = await list()
    expect(operations.list.output.parse(page)).toEqual(page)
    expect(page).toMatchObject({ count: 12, next: `${baseUrl}/task-services?limit=10&offset=10`, previous: null })
    expect(page.results.map(({ name }) => name)).toEqual([
      's12',
      's11',
      's10',
      's9',
      's8',
      's7',
      's6',
      's5',
      's4',
      's3',
    ])
  })

  test('pages to the end without a gap or a repetition, also where times are equal', async () => {
    await sql(registry.store, `update task_service set created_at = '2018-09-13T19:48:49Z'`)
    const seen: string[] = []
    for (let offset = 0; offset < 12; offset += 5) seen.push(...(await ids({ limit: 5, offset })))
    expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => `s${12 - index}`))
    const last = await list({ limit: '5', offset: '10', parameters: { offset: ['10'], limit: ['5'], x: ['1 2'] } })
    expect([last.next, last.previous]).toEqual([null, `${baseUrl}/task-services?limit=5&offset=5&x=1+2`])
  })

  test('is empty beyond the end', async () => {
    expect(await list({ offset: 99 })).toMatchObject({ count: 12, next: null, results: [] })
    expect(await list({ offset: Number.MAX_SAFE_INTEGER })).toMatchObject({ results: [] })
  })

  test('takes the default for a limit or an offset that is none', async () => {
    expect((await list({ limit: 'many', offset: '-1' })).results).toHaveLength(10)
    expect((await list({ limit: 100_000 })).results).toHaveLength(12)
  })

  test('filters by enabled', async () => {
    expect(await ids({ enabled: 'False' })).toEqual(['s12', 's8', 's4'])
    const page = await list({ enabled: 'TRUE', limit: 2, parameters: { enabled: ['TRUE'] } })
    expect(page).toMatchObject({ count: 9, next: `${baseUrl}/task-services?enabled=TRUE&limit=2&offset=2` })
    expect(page.results.map(({ name }) => name)).toEqual(['s11', 's10'])
    expect((await list({ enabled: '' })).count).toBe(12)
    expect((await list({ enabled: 'perhaps' })).count).toBe(12)
  })
})
