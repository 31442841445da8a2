/**
 * Calls a second, 32 at a time, between two processes over a real broker: an operation of the bus with identity and
 * trace, beside the client library's own `request` without any header. Run with
 * `node packages/bus/test/bench/unary.ts [seconds of a slice]`.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from '@nats-io/transport-node'
import { everybody, operation } from '@slipway/contracts'
import pino from 'pino'
import { z } from 'zod'
import { connectBus, newTraceparent, rawJson } from '../../src/mod.ts'
import { startNats } from '../nats-server.ts'

const seconds = Number(process.argv[2] ?? 1.5)
const log = pino({ level: 'warn' })
const read = operation('registry.thing.get', {
  summary: 'Reads a thing',
  effect: 'read',
  audience: everybody,
  input: z.object({ id: z.string() }),
  output: z.object({ id: z.string(), name: z.string() }),
})
const body = JSON.stringify({ id: 'TS_12345678', name: 'x'.repeat(400) })

async function answer(url: string) {
  const bus = await connectBus({ servers: url, name: 'registry', version: '1.0.0', log })
  await bus.serve([{ operation: read, handle: async () => ({ body: rawJson(body), headers: { etag: '"1"' } }) }], {
    queue: 'registry',
  })
  const nc = await connect({ servers: url, noAsyncTraces: true })
  nc.subscribe('plain', { callback: (_error, message) => void message.respond(body) })
  await nc.flush()
  process.send?.('ready')
}

async function rate(round: () => Promise<unknown>): Promise<number> {
  const until = performance.now() + seconds * 1_000
  let calls = 0
  const worker = async () => {
    while (performance.now() < until) {
      await round()
      calls += 1
    }
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  return Math.round(calls / seconds)
}

async function measure() {
  await using nats = await startNats()
  const child = fork(import.meta.filename, { env: { ...process.env, SLIPWAY_BENCH_NATS_URL: nats.url } })
  await once(child, 'message')
  const bus = await connectBus({ servers: nats.url, name: 'gateway', version: '1.0.0', log })
  const nc = await connect({ servers: nats.url, noAsyncTraces: true })
  const options = { identity: 'i'.repeat(400), baseUrl: 'http://127.0.0.1:8080', traceparent: newTraceparent() }
  for (let slice = 1; slice <= 5; slice += 1) {
    const own = await rate(() => bus.request(read, { id: 'TS_12345678' }, options))
    const library = await rate(() => nc.request('plain', '{"id":"TS_12345678"}', { timeout: 5_000 }))
    console.log(`slice ${slice}: bus ${own}/s, library without headers ${library}/s`)
  }
  child.kill()
  await bus.close()
  await nc.close()
}

// The other side is this file, forked.
const { SLIPWAY_BENCH_NATS_URL: url } = process.env
await (url ? answer(url) : measure())
