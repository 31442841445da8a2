/** A process of its own that can be killed in the middle of a stream: `node peer.ts <nats url> <role>`. */
import pino from 'pino'
import { connectBus } from '../src/mod.ts'
import { exportThing, importThing } from './support.ts'

const [url = '', role = ''] = process.argv.slice(2)
const name = role.startsWith('serve') ? 'registry' : 'gateway'
const bus = await connectBus({ servers: url, name, version: '1.0.0', log: pino({ level: 'silent' }) })

/** Never ends, and leaves time for others. */
async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield Buffer.alloc(64 * 1024)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}

async function swallow(body: AsyncIterable<Uint8Array>) {
  for await (const _part of body) process.send?.('reading')
}

async function stall(body: AsyncIterable<Uint8Array>) {
  for await (const _part of body) {
    process.send?.('reading')
    await new Promise(() => {})
  }
}

const roles: Record<string, () => Promise<unknown>> = {
  'serve export': () =>
    bus.serve([{ operation: exportThing, handle: async () => ({ body: endless() }) }], { queue: 'registry' }),
  'serve import': () =>
    bus.serve(
      [
        {
          operation: importThing,
          async handle(_input, _context, upload) {
            await swallow(upload)
            return { body: { bytes: 0 } }
          },
        },
      ],
      { queue: 'registry' },
    ),
  'read export': async () => swallow((await bus.openStream(exportThing, { id: '1' })).body),
  'stall export': async () => stall((await bus.openStream(exportThing, { id: '1' })).body),
  'send import': () => bus.upload(importThing, { id: '1' }, endless()),
}

await roles[role]?.()
process.send?.('ready')
