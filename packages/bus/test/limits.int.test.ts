import { once } from 'node:events'
import { failure, type SlipwayError } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import type { CallContext } from '../src/mod.ts'
import { caught, discover, getThing, putThing } from './support.ts'
import { client, nats, serveGet, service, useTwoBuses } from './two-buses.ts'

useTwoBuses('max_payload: 262144')

describe('sizes', () => {
  test('a request that does not fit one message comes whole, and one beyond all bounds is refused', async () => {
    expect(client.maxPayload).toBe(262_144)
    const seen: number[] = []
    const handle = async ({ id }: { id: string }) => {
      seen.push(id.length)
      return {}
    }
    await service.serve([{ operation: putThing, handle }], { queue: 'registry' })
    for (const size of [200_000, 262_144, 3_000_000]) {
      expect((await client.request(putThing, { id: 'x'.repeat(size) })).status).toBe(204)
    }
    expect(seen).toEqual([200_000, 262_144, 3_000_000])
    const error = await caught(client.request(putThing, { id: 'x'.repeat(33_554_432) }))
    expect(error).toMatchObject({ code: 'too_large', status: 413 })
    expect(client.connected).toBe(true)
  })

  test('an answer that does not fit one message comes whole, with its status and headers', async () => {
    let size = 3_000_000
    await serveGet(async ({ id }) => ({
      status: 201,
      headers: { etag: '"7"' },
      body: { id: id.slice(0, 1), name: 'x'.repeat(size) },
    }))
    for (const id of ['1', '2'.repeat(300_000)]) {
      const { status, headers, body } = await client.request(getThing, { id })
      expect([status, headers, body.length]).toEqual([201, { etag: '"7"' }, size + 20])
    }
    expect((await client.call(getThing, { id: '1' })).name).toHaveLength(size)
    // Programs that know nothing of streams are told.
    const reply = await caught(client.requestRaw(getThing.subject, Buffer.from('{"id":"1"}')))
    expect(reply).toMatchObject({ code: 'internal' })
    size = 10
    expect((await client.call(getThing, { id: '1' })).name).toBe('xxxxxxxxxx')
    expect(service.connected).toBe(true)
  })

  test('error details that do not fit are left out', async () => {
    await serveGet(async () => {
      const detail = { path: ['a'], reason: 'wrong', message: 'x'.repeat(1_000) }
      throw failure('invalid', 'Too much is wrong.', { details: Array.from({ length: 400 }, () => detail) })
    })
    const error = await caught(client.request(getThing, { id: '1' }))
    expect(error).toMatchObject({ code: 'invalid', message: 'Too much is wrong.' })
    expect(error.details).toBeUndefined()
  })
})

describe('deadlines', () => {
  test('nobody there: unavailable at once', async () => {
    const error = await caught(client.request(getThing, { id: '1' }, { timeoutMs: 30_000 }))
    expect(error).toMatchObject({ code: 'unavailable', status: 503, retryAfter: 1 })
  })

  test('an answer that is late is a timeout, and its handler is told', async () => {
    let reason: unknown
    await serveGet(async (_input, { signal }) => {
      await once(signal, 'abort')
      reason = signal.reason
      return {}
    })
    await eventually(async () => {
      const error = await caught(client.request(getThing, { id: '1' }, { timeoutMs: 150 }))
      expect(error).toMatchObject({ code: 'timeout', status: 504 })
      // One that arrives too late is not handled at all.
      return reason !== undefined
    })
    expect(reason).toMatchObject({ code: 'timeout' })
  })

  test('a caller can give up early', async () => {
    await serveGet(() => new Promise(() => {}))
    const controller = new AbortController()
    const call = caught(client.request(getThing, { id: '1' }, { signal: controller.signal }))
    controller.abort(new Error('client went away'))
    expect(await call).toMatchObject({ code: 'timeout', cause: { message: 'client went away' } })
    const late = caught(client.request(getThing, { id: '1' }, { signal: controller.signal }))
    expect((await late).code).toBe('timeout')
  })

  test('calls that waited in line for too long are dropped and counted as errors', async () => {
    const release = Promise.withResolvers<void>()
    const handled: string[] = []
    await serveGet(
      async ({ id }) => {
        handled.push(id)
        await release.promise
        return { body: { id, name: '' } }
      },
      { concurrency: 1 },
    )
    // Its time begins when it arrives, which is after that of the call before it: when the one is over, so is the other.
    let isLater = false
    const watch = async (_input: { id: string }, { signal }: CallContext) => {
      await once(signal, 'abort')
      isLater = true
      return {}
    }
    await service.serve([{ operation: putThing, handle: watch }], { queue: 'registry' })
    const first = client.call(getThing, { id: 'first' })
    await eventually(() => expect(handled).toEqual(['first']))
    const stale = caught(client.request(getThing, { id: 'stale' }, { timeoutMs: 60 }))
    await eventually(async () => {
      // Whether it is answered before its caller looks at the clock does not matter, nor whether it arrives in time.
      await client.request(putThing, { id: 'watch' }, { timeoutMs: 60 }).catch(() => {})
      return isLater
    })
    expect((await stale).code).toBe('timeout')
    const third = client.call(getThing, { id: 'third' })
    release.resolve()
    await Promise.all([first, third])
    expect(handled).toEqual(['first', 'third'])
    const [stats] = await discover(nats, `$SRV.STATS.registry.${service.id}`)
    expect(stats!.endpoints).toMatchObject([{ num_requests: 3, num_errors: 1 }, { name: 'thing-put' }])
  })

  test('more than may run and wait is busy', async () => {
    const release = Promise.withResolvers<void>()
    await serveGet(
      async ({ id }) => {
        await release.promise
        return { body: { id, name: '' } }
      },
      { concurrency: 2, backlog: 3 },
    )
    const calls = Array.from({ length: 8 }, (_, index) =>
      client.call(getThing, { id: String(index) }).then(
        () => 'answered',
        (error: SlipwayError) => `${error.code} ${error.status} ${error.retryAfter}`,
      ),
    )
    const refused = await Promise.all(calls.slice(5))
    expect(refused).toEqual(['busy 503 1', 'busy 503 1', 'busy 503 1'])
    release.resolve()
    expect(await Promise.all(calls.slice(0, 5))).toEqual(Array.from({ length: 5 }, () => 'answered'))
  })

  test('calls end when the bus is closed, and later ones fail', async () => {
    await serveGet(() => new Promise(() => {}))
    const call = caught(client.request(getThing, { id: '1' }))
    await client.close()
    expect((await call).code).toBe('timeout')
    expect((await caught(client.request(getThing, { id: '1' }))).code).toBe('unavailable')
    expect(client.connected).toBe(false)
    client.broadcast('slipway.notice', 'nobody')
  })
})
