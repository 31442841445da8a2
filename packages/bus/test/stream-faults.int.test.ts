import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { eventually } from '@slipway/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chunk, readAll, source } from './stream-support.ts'
import { caught, discover, exportThing, importThing } from './support.ts'
import { client, join, nats, serveExport, serveImport, useTwoBuses } from './two-buses.ts'

useTwoBuses()

describe('a stream whose other side', () => {
  let nc: NatsConnection

  beforeEach(async () => {
    nc = await connect({ servers: nats.url })
  })
  afterEach(() => nc.close())

  function head(lines: Record<string, string | number>) {
    const block = headers()
    for (const [name, value] of Object.entries(lines)) block.set(name, String(value))
    return block
  }

  /** A service that answers the export with these messages. */
  async function answerWith(messages: (Record<string, string | number> & { body?: string })[]) {
    const control: string[] = []
    nc.subscribe('ctl', {
      callback: (_error, message) => {
        for (const [name, values] of message.headers ?? []) control.push(`${name}: ${values[0]}`)
      },
    })
    nc.subscribe(exportThing.subject, {
      callback(_error, message) {
        for (const { body = 'x', ...lines } of messages) {
          nc.publish(message.reply!, body, { reply: 'ctl', headers: head(lines) })
        }
      },
    })
    await nc.flush()
    return control
  }

  test('leaves a chunk out: an error, and the sender is told to stop', async () => {
    const control = await answerWith([{ 'Slipway-Chunk': 1 }, { 'Slipway-Chunk': 3 }, { 'Slipway-End': 3 }])
    const reply = await client.openStream(exportThing, { id: '1' })
    let bytes = 0
    const error = await caught(readAll(reply.body, read => (bytes = read)))
    expect(error).toMatchObject({
      code: 'bad_upstream',
      message: expect.stringContaining('chunk 3 came after chunk 1'),
    })
    expect(bytes).toBe(1)
    await eventually(() => expect(control.some(line => line.startsWith('Slipway-Cancel'))).toBe(true))
  })

  test('ends with another count than came: an error', async () => {
    await answerWith([{ 'Slipway-Chunk': 1 }, { 'Slipway-End': 2, body: '' }])
    const reply = await client.openStream(exportThing, { id: '1' })
    expect((await caught(readAll(reply.body))).code).toBe('bad_upstream')
  })

  test('sends more than it may: an error', async () => {
    await answerWith(Array.from({ length: 9 }, (_, index) => ({ 'Slipway-Chunk': index + 1 })))
    const reply = await client.openStream(exportThing, { id: '1' })
    const error = await caught(readAll(reply.body, () => new Promise(resolve => setTimeout(resolve, 5))))
    expect(error).toMatchObject({ code: 'bad_upstream' })
  })

  test('falls silent: a timeout after the idle time', async () => {
    const impatient = await join('gateway', { streamIdleMs: 300 })
    const control = await answerWith([{ 'Slipway-Chunk': 1 }])
    const reply = await impatient.openStream(exportThing, { id: '1' })
    expect((await caught(readAll(reply.body))).code).toBe('timeout')
    await eventually(() => expect(control.some(line => line.startsWith('Slipway-Cancel'))).toBe(true))
  })

  test('takes nothing: the source is closed after the idle time, and it counts as an error', async () => {
    const impatient = await join('registry', { streamIdleMs: 300 })
    const { state, body } = source(1_000, chunk)
    await serveExport(async () => ({ body }), impatient)
    const messages: (string | undefined)[] = []
    const inbox = '_INBOX.silent.reader'
    nc.subscribe(inbox, {
      callback: (_error, message) => void messages.push(message.headers?.get('Nats-Service-Error-Code')),
    })
    nc.publish(exportThing.subject, '{"id":"1"}', { reply: inbox, headers: head({ 'Slipway-Credit': 2 }) })
    await eventually(() => expect(messages).toEqual(['', '', '504']))
    expect(state.closed).toBe(true)
    expect(state.yielded).toBeLessThanOrEqual(4 * chunk)
    const [stats] = await discover(nats, '$SRV.STATS.registry.'.concat(impatient.id))
    expect(stats!.endpoints).toMatchObject([{ num_requests: 1, num_errors: 1 }])
  })

  test('is gone: the sender learns it from the broker at once', async () => {
    const { state, body } = source(1_000, chunk)
    await serveExport(async () => ({ body }))
    const inbox = '_INBOX.dead.reader'
    const subscription = nc.subscribe(inbox, { max: 2, callback() {} })
    nc.publish(exportThing.subject, '{"id":"1"}', { reply: inbox, headers: head({ 'Slipway-Credit': 5 }) })
    await subscription.closed
    await eventually(() => expect(state.closed).toBe(true))
    expect(state.yielded).toBeLessThan(10 * chunk)
  })

  test('asks for a stream without granting anything: malformed', async () => {
    await serveExport(async () => ({ body: source(1, 1).body }))
    const answer = await nc.request(exportThing.subject, '{"id":"1"}', { timeout: 2_000 })
    expect(answer.json()).toMatchObject({ code: 'malformed' })
    await serveImport(async () => ({ body: { bytes: 0 } }))
    expect((await nc.request(importThing.subject, '{"id":"1"}')).json()).toMatchObject({ code: 'malformed' })
  })
})
