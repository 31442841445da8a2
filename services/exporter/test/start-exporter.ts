import { type Bus, type CallOptions, connectBus } from '@slipway/bus'
import {
  conceptOperations,
  exportOperations,
  type InputOf,
  type Operation,
  orgOperations,
  sourceOperations,
  sourceVersionOperations,
} from '@slipway/contracts'
import { type RunningService, startService } from '@slipway/service'
import { openStore, type Store } from '@slipway/store'
import {
  captureLog,
  createDatabase,
  eventually,
  identityHandlers,
  identityToken,
  serviceToken,
  startOwnNats,
} from '@slipway/testing'
import { exporter } from '../src/app.ts'

export const baseUrl = 'https://terms.example.org'

const people = {
  staff: identityToken('root', { roles: ['staff'] }),
  ada: identityToken('ada'),
  bob: identityToken('bob'),
  nobody: undefined,
}
export type Person = keyof typeof people

export const as = (person: Person, more: CallOptions = {}): CallOptions => ({
  identity: people[person],
  baseUrl,
  timeoutMs: 20_000,
  ...more,
})

export type RunningExporter = AsyncDisposable & {
  readonly bus: Bus
  readonly store: Store
  replica(): Promise<RunningService>
  /** Calls an operation with a streamed answer and reads it. */
  read<Op extends Operation>(operation: Op, input: InputOf<Op>, person?: Person): Promise<Answered>
  /** An org of ada's with a source and the given concepts. */
  dictionary(id: string, concepts?: readonly string[]): Promise<{ ownerType: 'org'; owner: string; source: string }>
  addConcept(target: Target, id: string, more?: object): Promise<Record<string, unknown>>
  freeze(target: Target, id: string, more?: object): Promise<Record<string, unknown>>
  /** Waits until the export can be downloaded. */
  exported(target: Target, version: string): Promise<Answered>
}

export type Target = { readonly ownerType: 'org' | 'user'; readonly owner: string; readonly source: string }
export type Answered = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  readonly text: string
}

/** An exporter as it runs for real, with a database and a broker of its own. */
export async function startExporter(env: NodeJS.ProcessEnv = {}): Promise<RunningExporter> {
  await using opened = new AsyncDisposableStack()
  const nats = opened.use(await startOwnNats())
  const database = opened.use(await createDatabase({ migrations: [exporter.migrations].flat() }))
  const { log } = captureLog()
  const prove = async () => serviceToken('gateway')
  const store = opened.use(await openStore({ url: database.url, log, name: 'exporter-test' }))
  const bus = opened.use(await connectBus({ servers: nats.url, name: 'gateway', version: '1.0.0', log, prove }))
  await bus.ensureStream()
  await bus.serve(identityHandlers, { queue: 'gateway' })
  const replicas = opened.use(new AsyncDisposableStack())
  const replica = async () => {
    const service = await startService(exporter, {
      DATABASE_URL: database.url,
      NATS_URL: nats.url,
      SLIPWAY_SERVICE_HOST: '127.0.0.1',
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      ...env,
    })
    replicas.defer(() => service.stop())
    return service
  }
  await replica()

  const kept = opened.move()
  const running: RunningExporter = {
    bus,
    store,
    replica,
    async read(operation, input, person = 'ada') {
      const { status, headers, body } = await bus.openStream(operation, input, as(person))
      const bytes = Buffer.concat(await collect(body))
      return { status, headers, bytes, text: bytes.toString('utf8') }
    },
    async dictionary(id, concepts = []) {
      await bus.call(orgOperations.create, { body: { id, name: id } }, as('ada'))
      const target = { ownerType: 'org', owner: id, source: 'S' } as const
      await bus.call(
        sourceOperations.create,
        { ownerType: 'org', owner: id, body: { id: 'S', name: 'Source' } },
        as('ada'),
      )
      for (const concept of concepts) await running.addConcept(target, concept)
      return target
    },
    addConcept: (target, id, more = {}) =>
      bus.call(
        conceptOperations.create,
        {
          ...target,
          body: { id, concept_class: 'Test', datatype: 'N/A', names: [{ name: id, locale: 'en' }], ...more },
        },
        as('ada'),
      ),
    freeze: (target, id, more = {}) =>
      bus.call(sourceVersionOperations.create, { ...target, body: { id, ...more } }, as('ada')),
    async exported(target, version) {
      let answer: Answered | undefined
      await eventually(async () => {
        answer = await running.read(exportOperations.get, { ...target, version })
        return answer.status === 200
      })
      return answer as Answered
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
  return running
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return parts
}
