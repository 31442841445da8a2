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

const taskFact = ({ release = '', state = '' }: RestoreFact): TaskFact => ({ release, state })

/** Asks all services, page by page. @throws `unavailable`, `timeout` when one does not answer */
export async function readFacts(bus: Bus, store: Store, call: CallOptions): Promise<Facts> {
  /** What each fact of a kind says, by its id. A page is forgotten with the next one. */
  async function all<Said>(
    service: keyof typeof services,
    kind: FactKind,
    said: (fact: RestoreFact) => Said,
  ): Promise<Map<string, Said>> {
    const found = new Map<string, Said>()
    for (let after: string | null = ''; after !== null; ) {
      const page: { facts: RestoreFact[]; next: string | null } = await bus.call(
        services[service].facts,
        { kind, after },
        call,
      )
      for (const fact of page.facts) found.set(fact.id, said(fact))
      after = page.next
    }
    return found
  }
  const nothing = () => undefined
  const version = ({ version }: RestoreFact) => version

  const [catalogTasks, exporterTasks, started, profiles, catalogNumbers, registered] = await Promise.all([
    all('catalog', 'task', taskFact),
    all('exporter', 'task', taskFact),
    all('catalog', 'schedule', ({ release = '' }) => release),
    all('catalog', 'account', nothing),
    all('catalog', 'number', version),
    all('registry', 'task-service', nothing),
  ])
  // Last: what the others have heard from the coordinator it knows by now.
  const [tasks, releases, known, numbers] = await Promise.all([
    all('coordinator', 'task', fact => ({ ...taskFact(fact), service: fact.service ?? 'catalog' })),
    all('coordinator', 'release', ({ state = '', version = '' }) => ({ state, version })),
    all('coordinator', 'task-service', ({ state }) => (state === 'deleted' ? state : 'known')),
    all('coordinator', 'number', version),
  ])
  const accounts = await ownAccounts(store)
  const own = await ownNumbers(store)
  return {
    releases,
    tasks,
    own: { catalog: catalogTasks, exporter: exporterTasks },
    taskServices: { registry: new Set(registered.keys()), coordinator: known },
    started,
    accounts: { catalog: new Set(profiles.keys()), ...accounts },
    versions: {
      coordinator: numbers.get('version'),
      catalog: catalogNumbers.get('version'),
      gateway: own.version,
    },
    accountChanges: { gateway: own.accountChange, catalog: Number(catalogNumbers.get('account') ?? 0) },
  }
}
