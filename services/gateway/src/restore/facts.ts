import type { Bus, CallOptions } from '@slipway/bus'
import {
  catalogRestoreOperations,
  coordinatorRestoreOperations,
  exporterRestoreOperations,
  type FactKind,
  type RestoreFact,
  registryRestoreOperations,
} from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { ownAccounts, ownNumbers } from './restore.store.ts'

export type Participant = 'catalog' | 'exporter'
export type TaskFact = { readonly release: string; readonly state: string }

/** What the five services know, side by side. */
export type Facts = {
  readonly releases: ReadonlyMap<string, { readonly state: string; readonly version: string }>
  /** The coordinator's tasks of the platform's own participants. */
  readonly tasks: ReadonlyMap<string, TaskFact & { readonly service: Participant }>
  /** Their own. */
  readonly own: { readonly [Service in Participant]: ReadonlyMap<string, TaskFact> }
  readonly taskServices: {
    readonly registry: ReadonlySet<string>
    readonly coordinator: ReadonlyMap<string, 'known' | 'deleted'>
  }
  /** Releases that schedules have started. */
  readonly started: ReadonlyMap<string, string>
  /** Logins in lower case: with a profile in the catalog, with an account, and of outside. */
  readonly accounts: {
    readonly catalog: ReadonlySet<string>
    readonly gateway: ReadonlySet<string>
    readonly external: ReadonlySet<string>
  }
  /** The greatest version of a release, by who knows it. */
  readonly versions: { readonly [service: string]: string | undefined }
  /** The greatest number of a change of an account. */
  readonly accountChanges: { readonly gateway: number; readonly catalog: number }
}

const services = {
  registry: registryRestoreOperations,
  coordinator: coordinatorRestoreOperations,
  catalog: catalogRestoreOperations,
  exporter: exporterRestoreOperations,
} as const

/** Asks all services, page by page. @throws `unavailable`, `timeout` when one does not answer */
export async function readFacts(bus: Bus, store: Store, call: CallOptions): Promise<Facts> {
  async function all(service: keyof typeof services, kind: FactKind): Promise<RestoreFact[]> {
    const found: RestoreFact[] = []
    for (let after: string | null = ''; after !== null; ) {
      const page: { facts: RestoreFact[]; next: string | null } = await bus.call(
        services[service].facts,
        { kind, after },
        call,
      )
      found.push(...page.facts)
      after = page.next
    }
    return found
  }
  const ids = (facts: readonly RestoreFact[]) => new Set(facts.map(({ id }) => id))
  const taskFacts = (facts: readonly RestoreFact[]) =>
    new Map(facts.map(({ id, release = '', state = '' }) => [id, { release, state }]))
  const versionOf = (facts: readonly RestoreFact[], id: string) => facts.find(fact => fact.id === id)?.version

  const [catalogTasks, exporterTasks, started, profiles, catalogNumbers, registered] = await Promise.all([
    all('catalog', 'task'),
    all('exporter', 'task'),
    all('catalog', 'schedule'),
    all('catalog', 'account'),
    all('catalog', 'number'),
    all('registry', 'task-service'),
  ])
  // Last: what the others have heard from the coordinator it knows by now.
  const [tasks, releases, known, numbers] = await Promise.all([
    all('coordinator', 'task'),
    all('coordinator', 'release'),
    all('coordinator', 'task-service'),
    all('coordinator', 'number'),
  ])
  const accounts = await ownAccounts(store)
  const own = await ownNumbers(store)
  return {
    releases: new Map(releases.map(({ id, state = '', version = '' }) => [id, { state, version }])),
    tasks: new Map(
      tasks.map(({ id, release = '', state = '', service = 'catalog' }) => [id, { release, state, service }]),
    ),
    own: { catalog: taskFacts(catalogTasks), exporter: taskFacts(exporterTasks) },
    taskServices: {
      registry: ids(registered),
      coordinator: new Map(known.map(({ id, state }) => [id, state === 'deleted' ? state : 'known'])),
    },
    started: new Map(started.map(({ id, release = '' }) => [id, release])),
    accounts: { catalog: ids(profiles), ...accounts },
    versions: {
      coordinator: versionOf(numbers, 'version'),
      catalog: versionOf(catalogNumbers, 'version'),
      gateway: own.version,
    },
    accountChanges: { gateway: own.accountChange, catalog: Number(versionOf(catalogNumbers, 'account') ?? 0) },
  }
}
