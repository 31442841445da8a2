import { failure, type SlipwayError } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import { chunk, MiB, readAll, source, watchMemory, windowBytes } from './stream-support.ts'
import { caught, collect, importThing, json } from './support.ts'
import { client, serveImport, useTwoBuses } from './two-buses.ts'

useTwoBuses()

describe('a streamed request', () => {
  test('brings every byte and the answer back', async () => {
    await serveImport(async upload => ({ status: 201, body: { bytes: (await collect(upload)).length } }))
    const reply = await client.upload(importThing, { id: '1' }, source(7, 300_000).body)
    expect([reply.status, json(reply.body)]).toEqual([201, { bytes: 2_100_000 }])
    const empty = await client.upload(importThing, { id: '1' }, source(0, 0).body)
    expect(json(empty.body)).toEqual({ bytes: 0 })
  })

  test('of 200 MB to a slow reader is held back at its source', async () => {
    const { state, body } = source(200, MiB)
    const memory = watchMemory()
    let ahead = 0
    await serveImport(async upload => {
      const bytes = await readAll(upload, async read => {
        ahead = Math.max(ahead, state.yielded - read)
        memory.passed(read)
        if (read % (10 * MiB) < chunk) await new Promise(resolve => setTimeout(resolve, 20))
      })
      return { body: { bytes } }
    })
    const reply = await client.upload(importThing, { id: '1' }, body)
    expect(json(reply.body)).toEqual({ bytes: 200 * MiB })
    expect(ahead).toBeLessThanOrEqual(windowBytes + 2 * MiB)
    expect(memory.most).toBeLessThan(windowBytes + 8 * MiB)
  })

  test('is not begun when the handler refuses it before reading', async () => {
    await serveImport(async () => {
      throw failure('forbidden', 'Not yours.')
    })
    const { state, body } = source(10, chunk)
    expect((await caught(client.upload(importThing, { id: '1' }, body))).code).toBe('forbidden')
    expect(state.yielded).toBe(0)
  })

  test('stops when the answer comes early', async () => {
    const { state, body } = source(10_000, chunk)
    await serveImport(async upload => {
      for await (const part of upload) {
        if (part.length > 0) throw failure('too_large', 'Enough.', { status: 422 })
      }
      return { body: { bytes: 0 } }
    })
    const error = await caught(client.upload(importThing, { id: '1' }, body))
    expect(error).toMatchObject({ code: 'too_large', status: 422 })
    await eventually(() => expect(state.closed).toBe(true))
    expect(state.yielded).toBeLessThan(40 * chunk)
  })

  test('that the handler stops reading still gets its answer', async () => {
    const { state, body } = source(10_000, chunk)
    await serveImport(async upload => {
      for await (const part of upload) return { body: { bytes: part.length } }
      return { body: { bytes: 0 } }
    })
    expect(json((await client.upload(importThing, { id: '1' }, body)).body)).toEqual({ bytes: chunk })
    await eventually(() => expect(state.closed).toBe(true))
  })

  test('whose source fails: the caller gets its error, the handler a broken upload', async () => {
    const seen = Promise.withResolvers<{ error: SlipwayError; aborted: boolean }>()
    await serveImport(async (upload, { signal }) => {
      const error = await caught(readAll(upload))
      seen.resolve({ error, aborted: signal.aborted })
      throw error
    })
    const broken = (async function* () {
      yield Buffer.alloc(3 * chunk)
      throw new RangeError('disk is gone')
    })()
    await expect(client.upload(importThing, { id: '1' }, broken)).rejects.toThrow(RangeError)
    expect(await seen.promise).toMatchObject({ error: { code: 'malformed' }, aborted: true })
  })

  test('can be cancelled by its caller', async () => {
    const seen = Promise.withResolvers<SlipwayError>()
    const reading = Promise.withResolvers<void>()
    await serveImport(async upload => {
      const error = await caught(readAll(upload, () => reading.resolve()))
      seen.resolve(error)
      throw error
    })
    const { state, body } = source(100_000, chunk)
    const controller = new AbortController()
    const sending = caught(client.upload(importThing, { id: '1' }, body, { signal: controller.signal }))
    await reading.promise
    controller.abort()
    expect((await sending).code).toBe('timeout')
    expect((await seen.promise).code).toBe('malformed')
    await eventually(() => expect(state.closed).toBe(true))
  })

  test('has its time from the last byte to the answer', async () => {
    const timeoutMs = 2_000
    const seen: number[][] = []
    await serveImport(async (upload, context) => {
      const deadlines = [context.deadline]
      seen.push(deadlines)
      const bytes = await readAll(upload, () => deadlines.push(context.deadline))
      deadlines.push(context.deadline)
      if (bytes === 3) await new Promise(() => {})
      return { body: { bytes } }
    })
    const slow = (async function* () {
      yield Buffer.alloc(chunk)
      // Begun later and given the same time, this one has run out of it.
      const late = caught(client.upload(importThing, { id: '2' }, source(3, 1).body, { timeoutMs }))
      expect((await late).code).toBe('timeout')
      yield Buffer.alloc(chunk)
    })()
    const reply = await client.upload(importThing, { id: '1' }, slow, { timeoutMs })
    expect(json(reply.body)).toEqual({ bytes: 2 * chunk })
    expect(seen).toHaveLength(2)
    expect(seen[0]?.[1]).toBe(Number.POSITIVE_INFINITY)
    expect(seen[0]?.at(-1)).toBeLessThanOrEqual(Date.now() + timeoutMs)
  })
})
