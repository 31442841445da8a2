import { once } from 'node:events'
import { failure } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import type { Answer, StreamedAnswer } from '../src/mod.ts'
import { chunk, MiB, readAll, source, watchMemory, windowBytes } from './stream-support.ts'
import { caught, collect, discover, exportThing, getThing } from './support.ts'
import { client, nats, serveExport, service, useTwoBuses } from './two-buses.ts'

useTwoBuses()

describe('a streamed answer', () => {
  test('brings status, headers and every byte in order, whatever the pieces', async () => {
    const pieces = [1, 0, 70_000, 70_000, 500_000, 3, 131_072, 262_144, 10]
    const bytes = Buffer.concat(pieces.map((length, index) => Buffer.alloc(length, index + 1)))
    await serveExport(async () => ({
      status: 203,
      headers: { 'content-type': 'application/zip' },
      body: (async function* () {
        let at = 0
        for (const length of pieces) {
          yield bytes.subarray(at, at + length)
          at += length
        }
      })(),
    }))
    const reply = await client.openStream(exportThing, { id: '1' })
    expect(reply).toMatchObject({ status: 203, headers: { 'content-type': 'application/zip' } })
    const parts: Uint8Array[] = []
    for await (const part of reply.body) parts.push(part)
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
    expect(parts.slice(0, -1).every(part => part.length === chunk)).toBe(true)
  })

  test('may be empty, or no stream at all', async () => {
    const answers: Record<string, StreamedAnswer | Answer<unknown>> = {
      empty: { status: 206, body: source(0, 0).body },
      status: { status: 304, headers: { etag: '"1"' } },
      small: { body: { raw: 'text' } },
    }
    await serveExport(async ({ id }) => answers[id]!)
    const empty = await client.openStream(exportThing, { id: 'empty' })
    expect([empty.status, (await collect(empty.body)).length]).toEqual([206, 0])
    const status = await client.openStream(exportThing, { id: 'status' })
    expect([status.status, status.headers, (await collect(status.body)).length]).toEqual([304, { etag: '"1"' }, 0])
    const small = await client.openStream(exportThing, { id: 'small' })
    expect([small.status, (await collect(small.body)).toString()]).toEqual([200, 'text'])
  })

  test('of 200 MB needs no more memory than its window', async () => {
    const { state, body } = source(200, MiB)
    await serveExport(async () => ({ body }))
    const memory = watchMemory()
    let ahead = 0
    const reply = await client.openStream(exportThing, { id: '1' })
    const bytes = await readAll(reply.body, read => {
      ahead = Math.max(ahead, state.yielded - read)
      memory.passed(read)
    })
    expect(bytes).toBe(200 * MiB)
    expect(ahead).toBeLessThanOrEqual(windowBytes + 2 * MiB)
    expect(memory.most).toBeLessThan(windowBytes + 8 * MiB)
  })

  test('that nobody reads on holds its source back', async () => {
    const { state, body } = source(1_000, chunk)
    await serveExport(async () => ({ body }))
    const reply = await client.openStream(exportThing, { id: '1' })
    const reader = reply.body[Symbol.asyncIterator]()
    await reader.next()
    await eventually(() => expect(state.yielded).toBeGreaterThanOrEqual(windowBytes))
    // A round trip through both processes' queues: whatever was under way has arrived.
    for (let round = 0; round < 20; round += 1) await caught(client.requestRaw('nobody.there', Buffer.alloc(0)))
    expect(state.yielded).toBeLessThanOrEqual(windowBytes + 2 * chunk)
    for (let taken = 1; taken < 30; taken += 1) await reader.next()
    await eventually(() => expect(state.yielded).toBeGreaterThanOrEqual(30 * chunk))
    expect(state.yielded).toBeLessThanOrEqual(30 * chunk + windowBytes + 2 * chunk)
    await reader.return?.()
    await eventually(() => expect(state.closed).toBe(true))
  })

  test('sends what it has while its source is slow', async () => {
    const release = Promise.withResolvers<void>()
    await serveExport(async () => ({
      body: (async function* () {
        yield Buffer.from('first')
        await release.promise
        yield Buffer.from('second')
      })(),
    }))
    const reply = await client.openStream(exportThing, { id: '1' })
    const reader = reply.body[Symbol.asyncIterator]()
    expect(Buffer.from((await reader.next()).value!).toString()).toBe('first')
    release.resolve()
    expect(Buffer.from((await reader.next()).value!).toString()).toBe('second')
    expect((await reader.next()).done).toBe(true)
  })

  test('is not bound to the deadline once it flows', async () => {
    const aborted = Promise.withResolvers<void>()
    const passed = Promise.withResolvers<void>()
    await serveExport(async ({ id }, { signal }) => {
      if (id === 'silent') {
        await once(signal, 'abort')
        aborted.resolve()
        throw failure('timeout', 'Too late.')
      }
      return {
        body: (async function* () {
          yield Buffer.alloc(chunk)
          await passed.promise
          if (signal.aborted) throw new Error('aborted')
          yield Buffer.alloc(chunk)
        })(),
      }
    })
    const reply = await client.openStream(exportThing, { id: '1' }, { timeoutMs: 2_000 })
    // Its deadline is later, and it never flows.
    const silent = client.openStream(exportThing, { id: 'silent' }, { timeoutMs: 2_000 })
    expect((await caught(silent)).code).toBe('timeout')
    await aborted.promise
    passed.resolve()
    expect(await readAll(reply.body)).toBe(2 * chunk)
  })

  test('fails before its first chunk like any call', async () => {
    await serveExport(async ({ id }) => {
      if (id === 'handler') throw failure('not_found', 'No such thing.')
      return {
        // biome-ignore lint/correctness/useYield: it fails before it can
        body: (async function* (): AsyncGenerator<Uint8Array> {
          throw failure('conflict', 'Is being changed.', { details: [{ path: ['a'], reason: 'b', message: 'c' }] })
        })(),
      }
    })
    expect(await caught(client.openStream(exportThing, { id: 'handler' }))).toMatchObject({ code: 'not_found' })
    expect(await caught(client.openStream(exportThing, { id: 'source' }))).toMatchObject({
      code: 'conflict',
      details: [{ path: ['a'], reason: 'b', message: 'c' }],
    })
  })

  test('nobody answers, or answers too late', async () => {
    expect((await caught(client.openStream(exportThing, { id: '1' }))).code).toBe('unavailable')
    let isClosed = false
    await serveExport(async (_input, { signal }) => ({
      body: (async function* (): AsyncGenerator<Uint8Array> {
        await new Promise(resolve => signal.addEventListener('abort', resolve))
        isClosed = true
      })(),
    }))
    await eventually(async () => {
      expect((await caught(client.openStream(exportThing, { id: '1' }, { timeoutMs: 150 }))).code).toBe('timeout')
      // One that arrives too late is not answered at all.
      return isClosed
    })
  })

  test('delivers what came before an error in the middle, then the error', async () => {
    await serveExport(async ({ id }) => ({
      body: (async function* () {
        yield Buffer.alloc(3 * chunk)
        throw id === 'known' ? failure('bad_upstream', 'The origin broke off.', { retryAfter: 3 }) : new Error('secret')
      })(),
    }))
    let bytes = 0
    const known = await client.openStream(exportThing, { id: 'known' })
    const error = await caught(readAll(known.body, read => (bytes = read)))
    expect(error).toMatchObject({ code: 'bad_upstream', message: 'The origin broke off.', retryAfter: 3 })
    expect(bytes).toBe(3 * chunk)
    const unknown = await client.openStream(exportThing, { id: 'unknown' })
    expect((await caught(readAll(unknown.body))).code).toBe('internal')
  })

  test.for(['cancel', 'leave the loop', 'signal'] as const)(
    'ends its source when the reader wants no more: %s',
    async way => {
      const { state, body } = source(1_000, chunk)
      const aborted = Promise.withResolvers<unknown>()
      await serveExport(async (_input, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve(signal.reason))
        return { body }
      })
      const controller = new AbortController()
      const reply = await client.openStream(exportThing, { id: '1' }, { signal: controller.signal })
      if (way === 'leave the loop') for await (const _part of reply.body) break
      else if (way === 'cancel') reply.cancel('seen enough')
      else controller.abort()
      await aborted.promise
      await eventually(() => expect(state.closed).toBe(true))
      expect(state.yielded).toBeLessThan(30 * chunk)
      if (way !== 'leave the loop') expect((await caught(readAll(reply.body))).code).toBe('timeout')
      const [stats] = await discover(nats, '$SRV.STATS.registry')
      expect(stats!.endpoints).toMatchObject([{ num_requests: 1, num_errors: 0 }])
    },
  )

  test('does not take the places of other calls, and too many are busy', async () => {
    const { body } = source(1_000, chunk)
    await service.serve(
      [
        { operation: exportThing, handle: async () => ({ body }) },
        { operation: getThing, handle: async () => ({ body: { id: '1', name: 'n' } }) },
      ],
      { queue: 'registry', concurrency: 1, streams: 1, backlog: 0 },
    )
    const reply = await client.openStream(exportThing, { id: '1' })
    expect((await caught(client.openStream(exportThing, { id: '1' }))).code).toBe('busy')
    expect((await client.call(getThing, { id: '1' })).name).toBe('n')
    reply.cancel()
  })
})
