import { type Bus, type CallOptions, connectBus, type OperationHandler } from '@slipway/bus'
import {
  type EventEnvelope,
  eventType,
  everybody,
  failure,
  idPrefixes,
  newId,
  type OutputOf,
  releaseOperations,
  taskServiceOperations,
  taskServiceSchema,
} from '@slipway/contracts'
import { handlerOf, type RunningService, startService } from '@slipway/service'
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
import { coordinator } from '../src/app.ts'
import type { Database } from '../src/database.ts'

export type TaskService = OutputOf<typeof taskServiceOperations.get>
export type Release = OutputOf<typeof releaseOperations.get>

export const baseUrl = 'https://releases.example.org'

const people = {
  admin: identityToken('root', { roles: ['ADMIN'] }),
  machine: identityToken('etl', { kind: 'service' }),
  dev: identityToken('dev', { roles: ['DEV'] }),
  user: identityToken('ada', { roles: ['USER'], groups: ['SD_AAAAAAAA', 'SD_BBBBBBBB'] }),
  nobody: undefined,
}

/** How calls are made by people of the tests. */
export const as = (person: keyof typeof people, more: CallOptions = {}): CallOptions => ({
  identity: people[person],
  baseUrl,
  timeoutMs: 20_000,
  ...more,
})

export type RunningCoordinator = AsyncDisposable & {
  readonly bus: Bus
  readonly store: Store<Database>
  readonly services: TaskService[]
  /** Registers a task service with the registry that stands in for the real one, and announces it. */
  register(url: string, given?: Partial<TaskService>): Promise<TaskService>
  /** Registers one of which no event tells. */
  enroll(url: string, given?: Partial<TaskService>): TaskService
  /** Changes or deletes one there. */
  change(service: TaskService, change: Partial<TaskService>): Promise<void>
  remove(service: TaskService): Promise<void>
  /** The registry's next answer is made at once, and leaves when it is let go: `asked` resolves when it was made. */
  holdAnswer(): { readonly asked: Promise<void>; letGo(): void }
  replica(): Promise<RunningService>
  /** Stops every replica there is. */
  stopReplicas(): Promise<void>
  /** Adds studies as the mirror would. */
  addStudies(...ids: string[]): Promise<void>
  startRelease(studies?: string[], fields?: object): Promise<Release>
  release(id: string): Promise<Release>
  /** Waits until the release is in the state, and returns it. */
  reaches(id: string, state: string): Promise<Release>
}

/**
 * A coordinator as it runs for real, with a database and a broker of its own. Its registry is a bus peer that answers the
 * registry's operations and sends its events, so that the two services are tested apart.
 */
export async function startCoordinator(env: NodeJS.ProcessEnv = {}): Promise<RunningCoordinator> {
  await using opened = new AsyncDisposableStack()
  const nats = opened.use(await startOwnNats())
  const database = opened.use(await createDatabase({ migrations: [new URL('../migrations', import.meta.url)] }))
  const { log } = captureLog()
  const prove = async () => serviceToken('catalog')
  const store = opened.use(await openStore<Database>({ url: database.url, log, name: 'coordinator-test' }))
  const bus = opened.use(await connectBus({ servers: nats.url, name: 'gateway', version: '1.0.0', log, prove }))
  const services: TaskService[] = []
  await bus.ensureStream()
  await bus.serve(identityHandlers, { queue: 'gateway' })
  let held = async () => {}
  const answered = () => {
    const wait = held
    held = async () => {}
    return wait()
  }
  await bus.serve(registryHandlers(services, answered), { queue: 'registry' })

  const whole = {
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    SLIPWAY_SERVICE_HOST: '127.0.0.1',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    TASK_POLL_SECONDS: '1',
    RELEASE_CHECK_SECONDS: '1',
    REQUEST_TIMEOUT: '3',
    COMMAND_TRIES: '3',
    ...env,
  }
  const replicas: RunningService[] = []
  const stopReplicas = async () => void (await Promise.all(replicas.splice(0).map(service => service.stop())))
  opened.defer(stopReplicas)
  const replica = async () => {
    const service = await startService(coordinator, whole)
    replicas.push(service)
    return service
  }
  await replica()

  const sequences = new Map<string, number>()
  const announce = async (verb: string, service: TaskService) => {
    const sequence = (sequences.get(service.kf_id) ?? 0) + 1
    sequences.set(service.kf_id, sequence)
    const type = eventType(`task-service.${verb}`, { summary: '', audience: everybody, data: taskServiceSchema })
    await bus.publishEvent(type, envelope(type.type, service, sequence))
  }

  const kept = opened.move()
  const running: RunningCoordinator = {
    bus,
    store,
    services,
    replica,
    stopReplicas,
    enroll(url, given = {}) {
      const service: TaskService = {
        kf_id: newId(idPrefixes.taskService),
        name: `service ${services.length + 1}`,
        description: 'does its part',
        last_ok_status: 0,
        author: 'ada',
        health_status: 'ok',
        url,
        created_at: new Date().toISOString(),
        enabled: true,
        ...given,
      }
      services.push(service)
      return service
    },
    async register(url, given) {
      const service = running.enroll(url, given)
      await announce('created', service)
      return service
    },
    async change(service, change) {
      const index = services.findIndex(({ kf_id }) => kf_id === service.kf_id)
      const changed = { ...service, ...change }
      services[index] = changed
      await announce('updated', changed)
    },
    async remove(service) {
      services.splice(
        services.findIndex(({ kf_id }) => kf_id === service.kf_id),
        1,
      )
      await announce('deleted', service)
    },
    holdAnswer() {
      const { promise: asked, resolve: tellAsked } = Promise.withResolvers<void>()
      const { promise: free, resolve: letGo } = Promise.withResolvers<void>()
      held = () => {
        tellAsked()
        return free
      }
      return { asked, letGo }
    },
    async addStudies(...ids) {
      await store.db
        .insertInto('study')
        .values(ids.map(kf_id => ({ kf_id, name: `study ${kf_id}`, visible: true })))
        .onConflict(conflict => conflict.doNothing())
        .execute()
    },
    async startRelease(studies = ['SD_AAAAAAAA'], fields = {}) {
      await running.addStudies(...studies)
      return bus.call(releaseOperations.create, { body: { name: 'a release', studies, ...fields } }, as('admin'))
    },
    release: kf_id => bus.call(releaseOperations.get, { kf_id }, as('nobody')),
    async reaches(id, state) {
      let seen = await running.release(id)
      await eventually(async () => {
        seen = await running.release(id)
        if (seen.state !== state) throw new Error(`release ${id} is ${seen.state}, not ${state}`)
      })
      return seen
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
  return running
}

/** `answered` runs between the making of an answer and its leaving. */
function registryHandlers(services: readonly TaskService[], answered: () => Promise<void>): OperationHandler[] {
  return [
    handlerOf(taskServiceOperations.list, async ({ enabled }) => {
      const results = services.filter(service => enabled !== 'true' || service.enabled).toReversed()
      await answered()
      return { body: { count: results.length, next: null, previous: null, results } }
    }),
    handlerOf(taskServiceOperations.get, async ({ kf_id }) => {
      const service = services.find(candidate => candidate.kf_id === kf_id)
      if (!service) throw failure('not_found', 'Not found.')
      await answered()
      return { body: service }
    }),
  ]
}

function envelope(type: string, service: TaskService, sequence: number): EventEnvelope {
  return {
    specversion: '1.0',
    id: crypto.randomUUID(),
    source: '/slipway/registry',
    type,
    subject: service.kf_id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    sequence,
    actor: 'ada',
    data: service,
  }
}
