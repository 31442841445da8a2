import type { RestoreFact } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { compareAccount, compareNumbers, compareTaskService } from './compare.ts'
import { compareRelease, type Participant } from './compare-release.ts'
import type { FactsOf } from './facts.ts'
import type { Comparison, Found } from './lasting.ts'
import { ownAccounts, ownNumbers } from './restore.store.ts'
import { type FactPages, sideBySide, type Window } from './side-by-side.ts'

/** All that is compared. What takes numbers comes first: releases that are published afterwards get none that was given. */
export function comparisonsOf(factsOf: FactsOf, store: Store): readonly Comparison[] {
  return [
    () => numbers(factsOf, store),
    of =>
      walk(
        { registry: factsOf('registry', 'task-service', of), coordinator: factsOf('coordinator', 'task-service', of) },
        taskService,
      ),
    of => walk({ gateway: ownAccounts(store, of), catalog: factsOf('catalog', 'account', of) }, account),
    of =>
      walk(
        {
          catalog: factsOf('catalog', 'task', of),
          exporter: factsOf('exporter', 'task', of),
          links: factsOf('catalog', 'file', of),
          files: factsOf('exporter', 'file', of),
          schedules: factsOf('catalog', 'schedule', of),
          // Last: what the others have heard from the coordinator it knows by now.
          tasks: factsOf('coordinator', 'task', of),
          releases: factsOf('coordinator', 'release', of),
        },
        release,
      ),
  ]
}

async function* walk<Name extends string>(
  sources: { readonly [From in Name]: FactPages },
  compare: (window: Window<Name>) => Found['disagreements'],
): AsyncGenerator<Found> {
  for await (const window of sideBySide(sources)) yield { key: window.key, disagreements: compare(window) }
}

function taskService({ key: id, facts }: Window<'registry' | 'coordinator'>) {
  const [known] = facts.coordinator
  return compareTaskService({
    id,
    registered: facts.registry.length > 0,
    known: known && (known.state === 'deleted' ? 'deleted' : 'known'),
  })
}

function account({ key: login, facts: { gateway, catalog } }: Window<'gateway' | 'catalog'>) {
  const [[own], [profile]] = [gateway, catalog]
  return compareAccount({
    login,
    gateway: own?.state === 'account' || own?.state === 'external' || own?.state === 'given' ? own.state : undefined,
    catalog: profile && (profile.state === 'removed' ? 'removed' : 'known'),
  })
}

function release({ key: id, facts }: Window<Participant | 'links' | 'files' | 'schedules' | 'tasks' | 'releases'>) {
  const [known] = facts.releases
  const own = (tasks: readonly RestoreFact[]) =>
    new Map(tasks.map(({ id, state = '', version }) => [id, { state, version }]))
  return compareRelease({
    id,
    release: known && { state: known.state ?? '', version: known.version ?? '' },
    tasks: new Map(facts.tasks.map(({ id, state = '', service = 'catalog' }) => [id, { state, service }])),
    own: { catalog: own(facts.catalog), exporter: own(facts.exporter) },
    lostFiles: without(facts.links, facts.files),
    schedules: facts.schedules.map(({ id }) => id),
  })
}

function without(some: readonly RestoreFact[], others: readonly RestoreFact[]): string[] {
  const known = new Set(others.map(({ id }) => id))
  return some.map(({ id }) => id).filter(id => !known.has(id))
}

async function* numbers(factsOf: FactsOf, store: Store): AsyncGenerator<Found> {
  const versions = async (service: 'catalog' | 'coordinator') => {
    const known = new Map<string, string | undefined>()
    for await (const page of factsOf(service, 'number')) for (const { id, version } of page) known.set(id, version)
    return known
  }
  const catalog = await versions('catalog')
  const own = await ownNumbers(store)
  const coordinator = await versions('coordinator')
  const disagreements = compareNumbers({
    versions: { coordinator: coordinator.get('version'), catalog: catalog.get('version'), gateway: own.version },
    accountChanges: { gateway: own.accountChange, catalog: Number(catalog.get('account') ?? 0) },
  })
  yield { key: '', disagreements }
}
