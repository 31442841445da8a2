import { type ErrorCode, errorCatalogue, failure } from '@slipway/contracts'
import { describe, expect, test } from 'vitest'
import { handler } from '../src/mod.ts'
import { captureLog, caught, getThing, putThing } from './support.ts'
import { client, join, serveGet, service, useTwoBuses } from './two-buses.ts'

useTwoBuses('max_payload: 262144')

describe('errors', () => {
  test.for(Object.keys(errorCatalogue) as ErrorCode[])('%s comes back as it was thrown', async code => {
    const details = [{ path: ['studies', 0, 'id'], reason: 'does_not_exist', message: 'Line\nbreak “quoted”' }]
    await serveGet(async () => {
      throw failure(code, 'What went\r\nwrong: ä', { details, retryAfter: 7 })
    })
    const error = await caught(client.request(getThing, { id: '1' }))
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      code,
      status: errorCatalogue[code].status,
      message: 'What went\r\nwrong: ä',
      details,
      retryAfter: 7,
    })
  })

  test('keep a status of their own and come without what they do not have', async () => {
    await serveGet(async () => {
      throw failure('refused', 'No.', { status: 422 })
    })
    const error = await caught(client.request(getThing, { id: '1' }))
    expect(error).toMatchObject({ code: 'refused', status: 422, message: 'No.' })
    expect(error.details).toBeUndefined()
    expect(error.retryAfter).toBeUndefined()
  })

  test('outside the catalogue are internal, without their text, and logged with the trace', async () => {
    const { log, lines } = captureLog()
    const faulty = await join('registry', { log })
    await serveGet(
      async () => {
        throw new Error('password is hunter2')
      },
      {},
      faulty,
    )
    const error = await caught(
      client.request(getThing, { id: '1' }, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }),
    )
    expect(error).toMatchObject({ code: 'internal', status: 500 })
    expect(error.message).not.toContain('hunter2')
    expect(lines.filter(line => line.level === 50)).toMatchObject([
      {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        subject: getThing.subject,
        err: { message: 'password is hunter2' },
      },
    ])
  })

  test('of wrong input name every field', async () => {
    await service.serve([{ operation: putThing, handle: async () => ({}) }], { queue: 'registry' })
    const input = { id: 7, size: 0, tags: ['a', 1], name: '' } as unknown as { id: string }
    const error = await caught(client.request(putThing, input))
    expect(error).toMatchObject({ code: 'invalid', status: 400 })
    expect(error.details).toEqual([
      { path: ['id'], reason: 'invalid_type', message: expect.any(String) },
      { path: ['size'], reason: 'too_small', message: expect.any(String) },
      { path: ['tags', 1], reason: 'invalid_type', message: expect.any(String) },
      { path: ['name'], reason: 'blank', message: 'may not be blank' },
    ])
  })

  test('of input that is no JSON are malformed; a missing input is invalid', async () => {
    await serveGet(async () => ({}))
    const error = await caught(client.requestRaw(getThing.subject, Buffer.from('{"id":')))
    expect(error).toMatchObject({ code: 'malformed', status: 400 })
    expect((await caught(client.requestRaw(getThing.subject, Buffer.alloc(0)))).code).toBe('invalid')
  })

  test('pass through defaults of the schema to the handler', async () => {
    let seen: unknown
    const put = handler(putThing, async input => {
      seen = input
      return { status: input.size === 1 ? 204 : 500 }
    })
    await service.serve([put], { queue: 'registry' })
    expect(await client.call(putThing, { id: '1' })).toBeUndefined()
    expect(seen).toEqual({ id: '1', size: 1 })
  })
})
