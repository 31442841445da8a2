import { failure, type SlipwayError } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { expect, test } from 'vitest'
import { caught, getThing, putThing } from './support.ts'
import { client, join, service, useTwoBuses } from './two-buses.ts'

useTwoBuses()

const oneMessage = 900_000
const manyMessages = 3_000_000
const large = (id: string, bytes: number) => ({ id, name: 'x'.repeat(bytes) })

/** Serves writes that wait until they are let go; `begun` has their ids, in order. */
async function serveHeld(bus = service) {
  const begun: string[] = []
  const held = new Map<string, () => void>()
  await bus.serve(
    [
      {
        operation: putThing,
        async handle({ id }: { id: string }) {
          begun.push(id)
          if (!id.startsWith('small')) await new Promise<void>(resolve => held.set(id, resolve))
          return {}
        },
      },
    ],
    { queue: 'registry' },
  )
  const letGo = (id: string) => held.get(id)?.()
  return { begun, letGo }
}

const put = (id: string, bytes: number, timeoutMs = 60_000) =>
  client.request(putThing, large(id, bytes), { timeoutMs }).then(
    ({ status }) => status,
    (error: SlipwayError) => `${error.code} ${error.status} ${error.retryAfter}`,
  )

test('bodies beyond one message are handled one at a time, in order, and small ones at once', async () => {
  const { begun, letGo } = await serveHeld()
  const first = put('first', manyMessages)
  await eventually(() => expect(begun).toEqual(['first']))
  const second = put('second', manyMessages)
  const third = put('third', oneMessage)
  for (const id of ['small 1', 'small 2']) expect(await put(id, 10)).toBe(204)
  expect(begun).toEqual(['first', 'small 1', 'small 2'])
  letGo('first')
  expect(await first).toBe(204)
  await eventually(() => expect(begun.at(-1)).toBe('second'))
  letGo('second')
  await eventually(() => expect(begun.at(-1)).toBe('third'))
  letGo('third')
  expect(await Promise.all([second, third])).toEqual([204, 204])
})

test('large messages are handled together up to 4 MiB', async () => {
  const { begun, letGo } = await serveHeld()
  const ids = ['1', '2', '3', '4', '5']
  const calls = ids.map(id => put(id, oneMessage))
  await eventually(() => expect(begun).toHaveLength(4))
  expect(await put('small', 10)).toBe(204)
  expect(begun).toEqual(['1', '2', '3', '4', 'small'])
  letGo('3')
  await eventually(() => expect(begun.at(-1)).toBe('5'))
  for (const id of ids) letGo(id)
  expect(await Promise.all(calls)).toEqual([204, 204, 204, 204, 204])
})

test('one that waits for half of its time is refused before its caller gives up, and takes no place', async () => {
  const { begun, letGo } = await serveHeld()
  const first = put('first', manyMessages)
  await eventually(() => expect(begun).toEqual(['first']))
  expect(await put('impatient', manyMessages, 3_000)).toBe('busy 503 1')
  const next = put('next', manyMessages)
  letGo('first')
  await eventually(() => expect(begun).toEqual(['first', 'next']))
  letGo('next')
  expect(await Promise.all([first, next])).toEqual([204, 204])
})

test('one whose caller has gone meanwhile makes way for the next', async () => {
  const { begun, letGo } = await serveHeld()
  const first = put('first', manyMessages)
  await eventually(() => expect(begun).toEqual(['first']))
  const controller = new AbortController()
  const gone = caught(client.request(putThing, large('gone', manyMessages), { signal: controller.signal }))
  const other = await join('other')
  const dead = caught(other.request(putThing, large('dead', manyMessages), { timeoutMs: 60_000 }))
  await other.flush()
  controller.abort()
  expect((await gone).code).toBe('timeout')
  await other.close()
  await dead
  const next = put('next', manyMessages)
  letGo('first')
  await eventually(() => expect(begun).toEqual(['first', 'next']))
  letGo('next')
  expect(await Promise.all([first, next])).toEqual([204, 204])
})

test('one that fails gives its room back', async () => {
  await service.serve(
    [
      {
        operation: putThing,
        handle: async () => {
          throw failure('conflict', 'It is there.')
        },
      },
    ],
    { queue: 'registry' },
  )
  for (let count = 0; count < 3; count += 1) {
    expect(await Promise.all([put('a', manyMessages), put('b', oneMessage)])).toEqual([
      'conflict 409 undefined',
      'conflict 409 undefined',
    ])
  }
})

test('a handler takes room for what it reads, also beside that of its body', async () => {
  const begun: string[] = []
  const held: (() => void)[] = []
  await service.serve(
    [
      {
        operation: putThing,
        async handle({ id }: { id: string }, context) {
          await context.takeRoom(id === 'small' ? 1_000 : 3_000_000)
          begun.push(id)
          if (id !== 'small') await new Promise<void>(resolve => held.push(resolve))
          return {}
        },
      },
      { operation: getThing, handle: async ({ id }: { id: string }) => ({ body: { id, name: '' } }) },
    ],
    { queue: 'registry' },
  )
  // Each has room for its body, and would wait for that of the other.
  const both = [put('a', oneMessage), put('b', oneMessage)]
  await eventually(() => expect(begun).toHaveLength(1))
  expect(await put('small', 10)).toBe(204)
  held[0]?.()
  await eventually(() => expect(held).toHaveLength(2))
  held[1]?.()
  expect(await Promise.all(both)).toEqual([204, 204])
})
