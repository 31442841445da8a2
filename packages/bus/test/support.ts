import { Writable } from 'node:stream'
import { connect } from '@nats-io/transport-node'
import { everybody, operation, type SlipwayError } from '@slipway/contracts'
import pino, { type Logger } from 'pino'
import { z } from 'zod'
import { type Bus, type BusOptions, connectBus } from '../src/mod.ts'
import type { TestNats } from './nats-server.ts'

export type LogLine = { readonly level: number; readonly msg: string; readonly [field: string]: unknown }

/** A logger whose lines can be looked at. */
export function captureLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = []
  const sink = new Writable({
    write(line, _encoding, done) {
      lines.push(JSON.parse(String(line)) as LogLine)
      done()
    },
  })
  return { log: pino({ level: 'debug' }, sink), lines }
}

export function openBus(nats: TestNats, name: string, options: Partial<BusOptions> = {}): Promise<Bus> {
  return connectBus({ servers: nats.url, name, version: '1.2.3', log: pino({ level: 'silent' }), ...options })
}

const anything = z.object({ id: z.string() })

export const getThing = operation('registry.thing.get', {
  summary: 'Reads a thing',
  effect: 'read',
  audience: everybody,
  input: anything,
  output: z.object({ id: z.string(), name: z.string() }),
})

export const putThing = operation('registry.thing.put', {
  summary: 'Writes a thing',
  effect: 'write',
  input: z.object({
    id: z.string(),
    size: z.number().int().min(1).default(1),
    tags: z.array(z.string()).optional(),
    name: z
      .string()
      .optional()
      .refine(name => name !== '', { message: 'may not be blank', params: { reason: 'blank' } }),
  }),
  output: z.void(),
})

export const exportThing = operation('registry.thing.export', {
  summary: 'Streams a thing',
  effect: 'read',
  audience: everybody,
  flow: 'streamed-answer',
  input: anything,
  output: z.unknown(),
})

export const importThing = operation('registry.thing.import', {
  summary: 'Takes a stream',
  effect: 'write',
  flow: 'streamed-request',
  input: anything,
  output: z.object({ bytes: z.number() }),
})

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

export function json(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString('utf8'))
}

export type DiscoveryAnswer = {
  readonly type: string
  readonly name: string
  readonly id: string
  readonly version: string
  readonly metadata: object
  readonly started?: string
  readonly endpoints?: readonly Record<string, unknown>[]
}

/** Everybody's answer to a discovery subject, asked for with the plain client library. */
export async function discover(nats: TestNats, subject: string, answers = 1): Promise<DiscoveryAnswer[]> {
  const nc = await connect({ servers: nats.url })
  try {
    const found: DiscoveryAnswer[] = []
    const options = { strategy: 'count', maxMessages: answers, maxWait: 10_000 } as const
    for await (const message of await nc.requestMany(subject, '', options)) found.push(message.json())
    return found
  } finally {
    await nc.close()
  }
}

/** The error a promise rejects with; resolving is an error, too. */
export async function caught(promise: Promise<unknown>): Promise<SlipwayError> {
  try {
    await promise
  } catch (error) {
    return error as SlipwayError
  }
  throw new Error('did not fail')
}
