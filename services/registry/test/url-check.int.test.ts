import { createServer, type Server } from 'node:net'
import { isFailure, taskServiceOperations as operations, type SlipwayError } from '@slipway/contracts'
import { type ScriptedTaskService, scriptedTaskService, type TaskServiceStep } from '@slipway/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { as, type RunningRegistry, startRegistry } from './start-registry.ts'

let registry: RunningRegistry
let impatient: RunningRegistry
let service: ScriptedTaskService
beforeAll(async () => {
  registry = await startRegistry()
  impatient = await startRegistry({ REQUEST_TIMEOUT: '0.4' })
  service = await scriptedTaskService()
})
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await impatient?.[Symbol.asyncDispose]()
  await service?.[Symbol.asyncDispose]()
})
beforeEach(() => service.on('status', { body: { name: 'etl' } }))

const create = (url: string, at = registry) => {
  const body = { name: 'etl', description: 'Loads the data', author: 'ada', url }
  return at.bus.call(operations.create, { body }, as('ada'))
}

/** What is said about a url; nothing if it is good. */
const saidOf = (url: string, at?: RunningRegistry) =>
  create(url, at).then(
    () => undefined,
    (error: SlipwayError) => {
      if (!isFailure(error, 'invalid')) throw error
      return error.details?.map(({ path, message }) => `${path}: ${message}`)
    },
  )

const unexpected = (why: string) => [`url: ${service.url} did not return the expected /status response: ${why}`]
const unreachable = (why: string) => [`url: could not reach ${service.url}: ${why}`]

describe('over HTTP', () => {
  const name = { body: { name: 'etl' } }

  test.each<[string, TaskServiceStep[]]>([
    ['a name', [name]],
    ['a name somewhere', [{ body: { message: { name: 'snapshot' } } }]],
    ['text with a name', [{ body: 'my name is etl' }]],
    ['a redirect to the same page', [{ fault: 'redirect', location: '/status' }, name]],
    ['a slow answer', [{ ...name, delayMs: 50 }]],
  ])('%s is good', async (_what, steps) => {
    service.on('status', ...steps)
    expect(await saidOf(service.url)).toBeUndefined()
  })

  test.each<[string, TaskServiceStep, () => string[]]>([
    ['no name', { body: { message: 'hello' } }, () => unexpected("no 'name' in body")],
    ['an empty answer', { fault: 'empty' }, () => unexpected("no 'name' in body")],
    ['204', { status: 204, fault: 'empty' }, () => unexpected('response did not return with 200')],
    ['201', { status: 201, ...name }, () => unexpected('response did not return with 200')],
    ['304', { status: 304, fault: 'empty' }, () => unexpected('response did not return with 200')],
    ['404', { status: 404 }, () => unreachable(`404 Client Error: Not Found for url: ${service.url}/status`)],
    [
      '500',
      { status: 500, ...name },
      () => unreachable(`500 Server Error: Internal Server Error for url: ${service.url}/status`),
    ],
    ['a redirect loop', { fault: 'redirect', location: '/status' }, () => unreachable('too many redirects')],
    ['10 MB', { fault: 'huge', ...name }, () => unreachable('the answer is longer than 1048576 bytes')],
    [
      'a redirect to the metadata service',
      { fault: 'redirect', location: 'http://169.254.169.254/latest/meta-data/' },
      () => unreachable('connections to 169.254.169.254 are not allowed'),
    ],
    [
      'a redirect elsewhere',
      { fault: 'redirect', location: 'file:///etc/passwd' },
      () => unreachable('file:///etc/passwd is not an http URL'),
    ],
  ])('%s is refused', async (_what, step, said) => {
    service.on('status', step)
    expect(await saidOf(service.url)).toEqual(said())
  })

  test.each<TaskServiceStep>([{ fault: 'reset' }, { fault: 'truncated', body: { name: 'etl' } }])(
    'a broken connection is refused: %o',
    async step => {
      service.on('status', step)
      const [said] = (await saidOf(service.url)) ?? []
      expect(said).toContain(`url: could not reach ${service.url}: `)
    },
  )

  test('a redirect to a page that is not there is refused', async () => {
    service.on('status', { fault: 'redirect', location: '/status' }, { status: 404 })
    expect(await saidOf(service.url)).toEqual(unreachable(`404 Client Error: Not Found for url: ${service.url}/status`))
  })

  test('a refused connection is refused', async () => {
    await service.refuse()
    try {
      const [said] = (await saidOf(service.url)) ?? []
      expect(said).toMatch(/could not reach .*: .*ECONNREFUSED/)
    } finally {
      await service.accept()
    }
  })

  test('silence is refused in time', async () => {
    service.on('status', { fault: 'silent' })
    expect(await saidOf(service.url, impatient)).toEqual(unreachable('no answer within 0.4 s'))
  })

  test('a host that takes connections and says nothing is refused in time', async () => {
    const silent = await new Promise<Server>(resolve => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
    })
    try {
      const url = `http://127.0.0.1:${(silent.address() as { port: number }).port}`
      expect(await saidOf(url, impatient)).toEqual([`url: could not reach ${url}: no answer within 0.4 s`])
    } finally {
      silent.close()
    }
  })

  test.each([
    ['http://169.254.169.254', 'connections to 169.254.169.254 are not allowed'],
    ['http://[::ffff:169.254.169.254]', 'connections to ::ffff:a9fe:a9fe are not allowed'],
    ['http://0.0.0.0:80', 'connections to 0.0.0.0 are not allowed'],
    ['httpx', 'httpx/status is not an http URL'],
  ])('%s is refused', async (url, why) => {
    expect(await saidOf(url)).toEqual([`url: could not reach ${url}: ${why}`])
  })

  test('a name that nobody knows is refused', async () => {
    expect((await saidOf('http://no-such-host.invalid'))?.[0]).toContain(
      'could not reach http://no-such-host.invalid: ',
    )
  })

  test('the url is used and kept as it is, and no token is sent', async () => {
    const url = `${service.url}/status?as=is#`
    expect((await create(url)).url).toBe(url)
    const [request] = service.received('GET /status?as=is')
    expect(request).toBeDefined()
    expect(request?.headers.authorization).toBeUndefined()
  })
})

describe('over the bus', () => {
  const serve = (subject: string, answer: () => Promise<object>) =>
    registry.bus.serveRaw(`${subject}.status`, subject, async () => await answer())
  const text = (value: unknown) => ({ raw: JSON.stringify(value) })

  test('a name is good', async () => {
    await serve('etl.good', async () => ({ body: text({ message: { name: 'etl' } }) }))
    expect(await saidOf('nats://etl.good')).toBeUndefined()
  })

  test.each([
    [
      'no name',
      'etl.unnamed',
      async () => ({ body: text({}) }),
      "did not return the expected /status response: no 'name' in body",
    ],
    [
      'no body',
      'etl.empty',
      async () => ({}),
      'did not return the expected /status response: response did not return with 200',
    ],
    [
      '202',
      'etl.later',
      async () => ({ status: 202, body: text({ name: 'x' }) }),
      'did not return the expected /status response: response did not return with 200',
    ],
  ])('%s is refused', async (_what, subject, answer, said) => {
    await serve(subject, answer)
    expect(await saidOf(`nats://${subject}`)).toEqual([`url: nats://${subject} ${said}`])
  })

  test.each([
    ['nobody there', 'etl.nobody'],
    ['no subject', 'etl..x'],
    ['a wildcard', 'etl.*'],
    ["the broker's own subjects", '$JS.API.INFO'],
    ['nothing', ''],
  ])('%s is out of reach', async (_what, subject) => {
    expect((await saidOf(`nats://${subject}`))?.[0]).toContain(`url: could not reach nats://${subject}: `)
  })

  test.each(['slipway.v1.event.task-service', 'slipway.v1.gateway.identity'])(
    'the platform itself (%s) is no task service',
    async subject => {
      expect(await saidOf(`nats://${subject}`)).toEqual(['url: Enter a valid URL.'])
    },
  )

  test('a failure is out of reach', async () => {
    await serve('etl.broken', () => Promise.reject(new Error('out of order')))
    expect((await saidOf('nats://etl.broken'))?.[0]).toContain('could not reach nats://etl.broken: ')
  })
})
