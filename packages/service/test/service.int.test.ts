import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Bus, connectBus } from '@slipway/bus'
import {
  errorText,
  eventFilter,
  eventType,
  everybody,
  failure,
  isFailure,
  operation,
  serviceOperations,
} from '@slipway/contracts'
import { appendEvents, openStore, rememberCommand, type Statement, type Store } from '@slipway/store'
import {
  captureLog,
  createDatabase,
  eventually,
  freePort,
  identityHandlers,
  identityToken,
  startOwnNats,
  temporaryFolder,
} from '@slipway/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { baseConfig } from '../src/config.ts'
import type { ServiceDefinition } from '../src/definition.ts'
import { commandOf, handlerOf } from '../src/handler.ts'
import { requireSignedIn } from '../src/rights.ts'
import { type RunningService, startService } from '../src/start-service.ts'

const noted = eventType('note.taken', {
  summary: 'A note was taken',
  audience: everybody,
  data: z.object({ text: z.string() }),
})
const take = operation('exporter.note.take', {
  summary: 'Takes a note',
  effect: 'write',
  input: z.object({ id: z.string(), text: z.string() }),
  output: z.object({ text: z.string() }),
})
const slow = operation('exporter.note.slow', {
  summary: 'Answers when it is let go',
  effect: 'read',
  audience: everybody,
  input: z.object({}),
  output: z.object({ who: z.string() }),
})

/** Ends the slow call that is being answered. */
let letGo: (() => void) | undefined
const handled: string[] = []
/** What the consumer that takes batches was given, in its transactions. */
const batches: string[][] = []
let failing = false

const definition: ServiceDefinition<z.infer<typeof baseConfig>, unknown> = {
  name: 'exporter',
  version: '1.2.3',
  config: baseConfig,
  migrations: [
    new URL('./migrations/', import.meta.url),
    { set: 'pages', folder: new URL('./more-migrations/', import.meta.url) },
  ],
  build({ store }) {
    return {
      operations: [
        handlerOf(take, async (input, context) => {
          const command = commandOf(take, input, context)
          await store.transaction(async tx => {
            const event = { noun: 'note', verb: 'taken', aggregate: input.id, sequence: 1, actor: 'ada', data: input }
            await appendEvents(tx, [event])
            const body = JSON.stringify({ text: input.text })
            if (command) await rememberCommand(tx, { ...command, status: 201, headers: { etag: '"1"' }, body })
          })
          return { status: 201, headers: { etag: '"1"' }, body: { text: input.text } }
        }),
        handlerOf(slow, async (_input, { identity }) => {
          const { login } = requireSignedIn(identity)
          await new Promise<void>(resolve => {
            letGo = resolve
          })
          return { body: { who: login } }
        }),
      ],
      consumers: [
        {
          durable: 'exporter-notes',
          filters: [eventFilter(noted)],
          async handle(event) {
            handled.push(event.subject)
            if (failing) throw new Error('not now')
          },
        },
        {
          durable: 'exporter-log',
          filters: [eventFilter(noted)],
          async handle({ subject }) {
            batches.push([subject])
          },
          async handleAll(events) {
            if (events.some(({ subject }) => subject === 'broken')) throw new Error('not these')
            batches.push(events.map(({ subject }) => subject))
          },
        },
      ],
    }
  },
}

let env: NodeJS.ProcessEnv
let bus: Bus
let store: Store
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  const nats = opened.use(await startOwnNats())
  const database = opened.use(await createDatabase({ migrations: [] }))
  env = { DATABASE_URL: database.url, NATS_URL: nats.url, SLIPWAY_SERVICE_HOST: '127.0.0.1', LOG_LEVEL: 'silent' }
  const { log } = captureLog()
  store = opened.use(await openStore({ url: database.url, log, name: 'service-test' }))
  bus = opened.use(await connectBus({ servers: nats.url, name: 'gateway', version: '1.0.0', log }))
  await bus.serve(identityHandlers, { queue: 'gateway' })
})
afterAll(() => opened.disposeAsync())

async function running(): Promise<RunningService & AsyncDisposable> {
  const service = await startService(definition, env)
  return { ...service, [Symbol.asyncDispose]: () => service.stop() }
}

async function slowCallBegan(): Promise<void> {
  await eventually(() => letGo !== undefined)
}

describe('a service', () => {
  beforeEach(() => {
    letGo = undefined
  })

  it('is healthy and measured once it is ready', async () => {
    await using service = await running()
    const get = (path: string) => fetch(`http://127.0.0.1:${service.port}${path}`)
    expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' })
    expect((await get('/readyz')).status).toBe(200)
    await bus.call(take, { id: 'n0', text: 'measured' })
    const metrics = await (await get('/metrics')).text()
    expect(metrics).toMatch(
      /slipway_operation_duration_seconds_count\{.*operation="exporter\.note\.take",outcome="ok".*\} 1/,
    )
    expect(metrics).toContain('slipway_outbox_unsent')
    await eventually(async () =>
      /slipway_consumer_lag_seconds_count\{.*consumer="exporter-notes".*\} [1-9]/.test(
        await (await get('/metrics')).text(),
      ),
    )
  })

  it('answers about its health while the database is migrated, by itself or by another replica', async () => {
    const port = await freePort()
    const path = `http://127.0.0.1:${port}`
    let starting: Promise<RunningService> | undefined
    await store.transaction(async tx => {
      const turn = `select pg_advisory_xact_lock(hashtextextended('slipway.migrate', 0))`
      await tx.query({ name: 'test.migration-turn', text: turn })
      starting = startService(definition, { ...env, SLIPWAY_SERVICE_PORT: String(port) })
      await eventually(() => fetch(`${path}/healthz`).then(({ status }) => status === 200))
      const ready = await fetch(`${path}/readyz`)
      expect([ready.status, await ready.json()]).toEqual([
        503,
        { status: 'not ready', reason: 'the database is being migrated' },
      ])
    })
    const service = await starting
    expect((await fetch(`${path}/readyz`)).status).toBe(200)
    await service?.stop()
  })

  it('has the tables that packages bring', async () => {
    await using _service = await running()
    const applied: Statement = {
      name: 'test.applied',
      text: `select name from platform.migration where name like 'pages/%'`,
    }
    expect(await store.read(applied)).toEqual([{ name: 'pages/0001-page.sql' }])
    expect(await store.read({ name: 'test.pages', text: 'select id from page' })).toEqual([])
  })

  it('remembers commands: the same one is answered again, another one under its id refused', async () => {
    await using _service = await running()
    const call = (text: string) => bus.request(take, { id: 'n1', text }, { commandId: 'take-n1' })
    const first = await call('once')
    const again = await call('once')
    expect(again).toEqual(first)
    expect(again).toMatchObject({ status: 201, headers: { etag: '"1"' } })
    await expect(call('something else')).rejects.toMatchObject({ code: 'key_reused', status: 422 })
  })

  it('tells who calls by the signed token, and refuses one that is not good', async () => {
    await using _service = await running()
    const call = (identity: string | undefined) => bus.call(slow, {}, { identity })
    const answer = call(identityToken('ada'))
    await slowCallBegan()
    letGo?.()
    expect(await answer).toEqual({ who: 'ada' })
    await expect(call(undefined)).rejects.toMatchObject({ code: 'unauthenticated' })
    const token = identityToken('ada')
    const forged = `${token.slice(0, -4)}AAAA`
    await expect(call(forged)).rejects.toMatchObject({ code: 'unauthenticated', message: 'Invalid identity token.' })
    await expect(call('nonsense')).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  it('answers what it has begun before it stops, and takes nothing new', async () => {
    const service = await running()
    const answer = bus.call(slow, {}, { identity: identityToken('ada') })
    await slowCallBegan()
    const stopped = service.stop()
    await eventually(() =>
      bus.call(take, { id: crypto.randomUUID(), text: 'too late' }).then(
        () => false,
        error => isFailure(error, 'unavailable'),
      ),
    )
    letGo?.()
    expect(await answer).toEqual({ who: 'ada' })
    await stopped
  })

  it('handles an event once for each delivery that counts, keeps what fails, and replays it on demand', async () => {
    await using _service = await running()
    const operations = serviceOperations('exporter')
    const asAdmin = { identity: identityToken('root', { roles: ['ADMIN'] }) }
    await expect(bus.call(operations.deadLetters, {})).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(bus.call(operations.deadLetters, {}, { identity: identityToken('ada') })).rejects.toMatchObject({
      code: 'forbidden',
    })

    await bus.call(take, { id: 'n2', text: 'good' })
    await eventually(() => handled.includes('n2'))
    const resent = await bus.call(operations.republish, { aggregate: 'n2' }, asAdmin)
    expect(resent).toEqual({ events: 1 })

    const poison: Statement = {
      name: 'test-poison',
      text: `insert into platform.dead_letter (consumer, subject, event_id, stream_sequence, attempts, payload, error)
        values ('exporter-notes', 'x', $1, 1, 8, $2, 'not now') returning id`,
    }
    const event = {
      specversion: '1.0',
      id: 'event-3',
      source: '/slipway/exporter',
      type: noted.type,
      subject: 'n3',
      time: '2026-01-01T00:00:00Z',
      datacontenttype: 'application/json',
      sequence: 1,
      actor: 'ada',
      data: { text: 'kept' },
    }
    const [row] = await store.write<{ id: number }>(poison, [event.id, JSON.stringify(event)])
    const id = row?.id as number
    failing = true
    await expect(bus.call(operations.replay, { id }, asAdmin)).rejects.toMatchObject({ code: 'internal' })
    failing = false
    expect(await bus.call(operations.replay, { id }, asAdmin)).toMatchObject({
      id,
      state: 'replayed',
      state_by: 'root',
    })
    await expect(bus.call(operations.replay, { id }, asAdmin)).rejects.toMatchObject({ code: 'refused' })
    await expect(bus.call(operations.discard, { id: 999_999 }, asAdmin)).rejects.toMatchObject({ code: 'not_found' })
    expect(
      handled.filter(subject => subject === 'n2'),
      'sent twice, handled once',
    ).toHaveLength(1)
    expect(handled.filter(subject => subject === 'n3')).toHaveLength(2)
  })

  it('handles events in batches, each of them once, in whichever replica has its turn', async () => {
    const one = await running()
    const other = await startService(definition, env)
    const operations = serviceOperations('exporter')
    const asAdmin = { identity: identityToken('root', { roles: ['ADMIN'] }) }
    batches.length = 0
    const ids = Array.from({ length: 120 }, (_, index) => `batch-${index}`)
    ids[60] = 'broken'
    const noted = () => batches.flat().filter(subject => ids.includes(subject))

    await Promise.all(ids.slice(0, 80).map(id => bus.call(take, { id, text: id })))
    await eventually(() => noted().length === 80)
    expect(batches.some(({ length }) => length > 1)).toBe(true)
    await bus.call(operations.republish, { aggregate: 'batch-1' }, asAdmin)
    // The other replica goes on where the one has stopped.
    await one.stop()
    await Promise.all(ids.slice(80).map(id => bus.call(take, { id, text: id })))
    await eventually(() => noted().length === 120)
    await other.stop()
    expect(noted().toSorted()).toEqual(ids.toSorted())
  })

  it('does not start with a wrong environment, a broken migration, or a handler of nothing', async () => {
    await expect(startService(definition, { ...env, NATS_URL: '' })).rejects.toThrow('NATS_URL is not set')
    const folder = await temporaryFolder()
    await using _folder = folder
    const broken = { ...definition, migrations: new URL(`file://${folder.path}/missing/`) }
    await expect(startService(broken, env)).rejects.toThrow()
    const unbuilt: typeof definition = {
      ...definition,
      build() {
        throw failure('internal', 'cannot be put together')
      },
    }
    await expect(startService(unbuilt, env)).rejects.toThrow('cannot be put together')
  })

  it('that cannot listen stops its work before the database is closed, and tells why in one line', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const answers: unknown[] = []
    const unheard: typeof definition = {
      ...definition,
      build: context => ({
        operations: [],
        workers: async () => [
          { stop: async () => void answers.push(await context.store.read({ name: '', text: 'select 1 as here' })) },
        ],
        http: {
          listen: async () => {
            await once(createServer().listen(port, '127.0.0.1'), 'listening')
            return { port }
          },
          close: async () => {},
        },
      }),
    }
    const error = await startService(unheard, env).catch(cause => cause)
    taken.close()
    expect(errorText(error)).toBe(`listen EADDRINUSE: address already in use 127.0.0.1:${port}`)
    expect(answers).toEqual([[{ here: 1 }]])
  })
})
