import { eventually } from '@slipway/testing'
import { afterEach, expect, test } from 'vitest'
import type { Bus } from '../src/mod.ts'
import { thingChanged, thingEvent, thingFilter } from './event-support.ts'
import { startNats, type TestNats } from './nats-server.ts'
import { captureLog, collect, exportThing, getThing, importThing, json, openBus } from './support.ts'

const started: TestNats[] = []
const open: Bus[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map(bus => bus.close()))
  await Promise.all(started.splice(0).map(nats => nats[Symbol.asyncDispose]()))
})

async function start(config?: string): Promise<TestNats> {
  const nats = await startNats(config === undefined ? {} : { config })
  started.push(nats)
  return nats
}

async function join(...args: Parameters<typeof openBus>): Promise<Bus> {
  const bus = await openBus(...args)
  open.push(bus)
  return bus
}

function withCredentials(nats: TestNats, credentials: string): TestNats {
  return { ...nats, url: nats.url.replace('//', `//${credentials}@`) }
}

test('credentials stand in the URL, also with reserved characters', async () => {
  const nats = await start('authorization { users: [{ user: "re/gistry", password: "1:p@ss,w0rd" }] }')
  const bus = await join(withCredentials(nats, 're%2Fgistry:1%3Ap%40ss%2Cw0rd'), 'registry')
  await bus.ensureStream()
})

test('a token stands in the URL', async () => {
  const nats = await start('authorization { token: "s3cret" }')
  const bus = await join(withCredentials(nats, 's3cret'), 'registry')
  await bus.ensureStream()
})

test('wrong credentials fail at start instead of waiting for ever, and are not shown', async () => {
  const nats = await start('authorization { users: [{ user: "a", password: "right" }] }')
  const { log, lines } = captureLog()
  const error = await openBus(withCredentials(nats, 'a:wrong'), 'registry', { log }).catch(cause => cause as Error)
  expect((error as Error).message).toMatch(/authorization/i)
  expect(JSON.stringify([String(error), lines])).not.toContain('wrong')
})

test('of several servers the first that answers is taken', async () => {
  const [gone, nats] = [await start(), await start()]
  await gone.kill()
  const bus = await join({ ...nats, url: `${gone.url}, ${nats.url}` }, 'registry')
  expect(bus.connected).toBe(true)
})

test('a service that the broker confines to its own subjects and inboxes can do everything it must', async () => {
  const permissions = (name: string) => `{
    user: "${name}", password: "p", permissions: {
      subscribe: ["slipway.v1.${name}.>", "_INBOX.${name}.>", "$SRV.>", "slipway.notice"]
      publish: ["slipway.v1.>", "_INBOX.>", "$JS.API.>", "$JS.ACK.>", "slipway.notice"]
    }
  }`
  const nats = await start(`authorization { users: [${permissions('registry')}, ${permissions('gateway')}] }`)
  const { log, lines } = captureLog()
  const service = await join(withCredentials(nats, 'registry:p'), 'registry', { log })
  const client = await join(withCredentials(nats, 'gateway:p'), 'gateway', { log })
  await service.serve(
    [
      { operation: getThing, handle: async ({ id }) => ({ body: { id, name: '' } }) },
      {
        operation: exportThing,
        handle: async () => ({
          body: (async function* () {
            for (let piece = 0; piece < 20; piece += 1) yield Buffer.alloc(150_000)
          })(),
        }),
      },
      {
        operation: importThing,
        handle: async (_input, _context, upload) => ({ body: { bytes: (await collect(upload)).length } }),
      },
    ],
    { queue: 'registry' },
  )
  await client.call(getThing, { id: '1' })
  const reply = await client.openStream(exportThing, { id: '1' })
  const bytes = await collect(reply.body)
  expect(bytes).toHaveLength(3_000_000)
  const copy = (async function* () {
    yield bytes
  })()
  expect(json((await client.upload(importThing, { id: '1' }, copy)).body)).toEqual({ bytes: 3_000_000 })
  const events: string[] = []
  await service.ensureStream()
  await service.consume({
    durable: 'confined',
    filters: [thingFilter],
    handle: async ({ id }) => void events.push(id),
    deadLetter: async () => {},
  })
  await service.publishEvent(thingChanged, thingEvent(1))
  await eventually(() => expect(events).toEqual(['TH_1-1']))
  expect(lines.filter(({ level }) => level >= 40)).toEqual([])

  const spied: string[] = []
  client.listen('_INBOX.registry.>', (_body, subject) => spied.push(subject))
  await eventually(() => expect(lines.some(({ msg }) => msg === 'NATS refused a subscription')).toBe(true))
  await service.publishEvent(thingChanged, thingEvent(2))
  expect(spied).toEqual([])
})
