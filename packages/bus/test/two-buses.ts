import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Answer, Bus, BusOptions, CallContext, ServeOptions, StreamedAnswer } from '../src/mod.ts'
import { startNats, type TestNats } from './nats-server.ts'
import { exportThing, getThing, importThing, openBus } from './support.ts'

export let nats: TestNats
/** A caller and a service, new for each test. */
export let client: Bus
export let service: Bus

const open: Bus[] = []

/** One broker for the tests of a file. `config` is its configuration. */
export function useTwoBuses(config = '') {
  beforeAll(async () => {
    nats = await startNats({ config })
  })
  beforeEach(async () => {
    client = await join('gateway')
    service = await join('registry')
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map(bus => bus.close()))
  })
  afterAll(() => nats[Symbol.asyncDispose]())
}

/** One more bus; closed after the test. */
export async function join(name: string, options: Partial<BusOptions> = {}): Promise<Bus> {
  const bus = await openBus(nats, name, options)
  open.push(bus)
  return bus
}

export function serveGet(
  handle: (input: { id: string }, context: CallContext) => Promise<object>,
  options: Partial<ServeOptions> = {},
  bus = service,
) {
  return bus.serve([{ operation: getThing, handle }], { queue: 'registry', ...options })
}

export function serveExport(
  handle: (input: { id: string }, context: CallContext) => Promise<StreamedAnswer | Answer<unknown>>,
  bus = service,
) {
  return bus.serve([{ operation: exportThing, handle }], { queue: 'registry' })
}

export function serveImport(
  take: (upload: AsyncIterable<Uint8Array>, context: CallContext) => Promise<Answer<{ bytes: number }>>,
) {
  return service.serve([{ operation: importThing, handle: (_input, context, upload) => take(upload, context) }], {
    queue: 'registry',
  })
}
