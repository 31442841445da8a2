import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { SlipwayError } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Bus } from '../src/mod.ts'
import { startNats, type TestNats } from './nats-server.ts'
import { exportThing, importThing, openBus } from './support.ts'

let nats: TestNats
let bus: Bus
let peer: ChildProcess

beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats[Symbol.asyncDispose]())
beforeEach(async () => {
  bus = await openBus(nats, 'here')
})
afterEach(async () => {
  peer.kill('SIGKILL')
  await bus.close()
})

/** Starts the other process; resolves when it serves or reads. */
async function start(role: string) {
  peer = fork(join(import.meta.dirname, 'peer.ts'), [nats.url, role])
  await once(peer, 'message')
}

async function* pieces(state: { closed: boolean }): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      yield Buffer.alloc(64 * 1024)
      await new Promise(resolve => setImmediate(resolve))
    }
  } finally {
    state.closed = true
  }
}

async function read(body: AsyncIterable<Uint8Array>, each: () => void): Promise<SlipwayError> {
  try {
    for await (const _part of body) each()
  } catch (error) {
    return error as SlipwayError
  }
  throw new Error('the stream ended as if it were complete')
}

// All of these would take the idle time of 30 s if the death were not noticed by itself.

test('the sender of an answer dies: its reader gets an error', async () => {
  await start('serve export')
  const reply = await bus.openStream(exportThing, { id: '1' })
  let parts = 0
  const error = await read(reply.body, () => {
    parts += 1
    if (parts === 20) peer.kill('SIGKILL')
  })
  expect(error.code).toBe('unavailable')
  expect(parts).toBeGreaterThanOrEqual(20)
})

test('the sender of an upload dies: the handler gets an error and is told to stop', async () => {
  const outcome = Promise.withResolvers<{ error: SlipwayError; aborted: boolean }>()
  await bus.serve(
    [
      {
        operation: importThing,
        async handle(_input, { signal }, upload) {
          let parts = 0
          const error = await read(upload, () => {
            parts += 1
            if (parts === 20) peer.kill('SIGKILL')
          })
          outcome.resolve({ error, aborted: signal.aborted })
          throw error
        },
      },
    ],
    { queue: 'registry' },
  )
  peer = fork(join(import.meta.dirname, 'peer.ts'), [nats.url, 'send import'])
  expect(await outcome.promise).toMatchObject({ error: { code: 'unavailable' }, aborted: true })
})

test.for(['read export', 'stall export'])('the receiver of an answer dies (%s): its source is closed', async role => {
  const state = { closed: false }
  await bus.serve([{ operation: exportThing, handle: async () => ({ body: pieces(state) }) }], { queue: 'registry' })
  await start(role)
  expect(state.closed).toBe(false)
  peer.kill('SIGKILL')
  await eventually(() => expect(state.closed).toBe(true))
})

test('the receiver of an upload dies: its sender gets an error and closes the source', async () => {
  await start('serve import')
  const state = { closed: false }
  const sending = bus.upload(importThing, { id: '1' }, pieces(state)).catch((error: SlipwayError) => error)
  await once(peer, 'message')
  peer.kill('SIGKILL')
  expect(await sending).toMatchObject({ code: 'unavailable' })
  await eventually(() => expect(state.closed).toBe(true))
})
