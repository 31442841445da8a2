import { compareTasks } from './compare-tasks.ts'
import type { Disagreement } from './disagreement.ts'
import type { Facts } from './facts.ts'

/** Where the facts of the five services do not agree. Pure: no I/O. */
export function compare(facts: Facts): Disagreement[] {
  return [
    ...compareTasks(facts),
    ...compareNumbers(facts),
    ...compareTaskServices(facts),
    ...compareAccounts(facts),
    ...compareSchedules(facts),
  ]
}

const partsOf = (version: string) => version.split('.').map(Number)

/** Below zero if `a` comes before `b`. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  const differences = left.map((part, index) => part - (right[index] ?? 0))
  return differences.find(difference => difference !== 0) ?? 0
}

function* compareNumbers({ versions, accountChanges }: Facts): Generator<Disagreement> {
  const { coordinator, ...others } = versions
  const greatest = Object.entries(others)
    .flatMap(([service, version]) => (version === undefined ? [] : [{ service, version }]))
    .toSorted((a, b) => compareVersions(b.version, a.version))[0]
  if (greatest && (coordinator === undefined || compareVersions(greatest.version, coordinator) > 0)) {
    const { service, version } = greatest
    yield {
      id: 'version-numbers',
      kind: 'version-numbers',
      things: [version],
      says: `The ${service} knows a release with the version ${version}; the coordinator's greatest is ${coordinator ?? 'none'}.`,
      settles: `New versions are above ${version}.`,
      steps: [{ at: 'coordinator', action: 'raise-version', id: version }],
    }
  }
  if (accountChanges.catalog > accountChanges.gateway) {
    const number = String(accountChanges.catalog)
    yield {
      id: 'account-numbers',
      kind: 'account-numbers',
      things: [number],
      says: `The catalog knows change ${number} of an account, the gateway only ${accountChanges.gateway}: it would ignore the next ones.`,
      settles: 'The next change of an account has a greater number.',
      steps: [{ at: 'gateway', action: 'raise-account-changes', id: number }],
    }
  }
}

function* compareTaskServices({ taskServices: { registry, coordinator } }: Facts): Generator<Disagreement> {
  for (const id of registry) {
    const state = coordinator.get(id)
    if (state === undefined) {
      yield {
        id: `task-service-unknown:${id}`,
        kind: 'task-service-unknown',
        things: [id],
        says: `The registry has the task service ${id}, which the coordinator does not know.`,
        settles: 'The coordinator learns of it.',
        steps: [{ at: 'coordinator', action: 'note-task-service', id }],
      }
    } else if (state === 'deleted') {
      yield {
        id: `task-service-back:${id}`,
        kind: 'task-service-back',
        things: [id],
        says: `The registry has the task service ${id}, which was deleted. Delete it again, or register it anew.`,
      }
    }
  }
  for (const [id, state] of coordinator) {
    if (state === 'deleted' || registry.has(id)) continue
    yield {
      id: `task-service-lost:${id}`,
      kind: 'task-service-lost',
      things: [id],
      says: `The coordinator knows the task service ${id}, which the registry does not have. Restore a newer backup of the registry, or forget it and register it anew.`,
      choices: [
        {
          choice: 'forget',
          does: 'The coordinator forgets it, as if it had been deleted; its tasks under way fail.',
          steps: [{ at: 'coordinator', action: 'forget-task-service', id }],
        },
      ],
    }
  }
}

function* compareAccounts({ accounts: { catalog, gateway, external } }: Facts): Generator<Disagreement> {
  for (const login of gateway) {
    if (catalog.has(login)) continue
    yield {
      id: `account-unknown:${login}`,
      kind: 'account-unknown',
      things: [login],
      says: `The gateway has the account ${login}, which the catalog does not know.`,
      settles: 'The catalog learns of it.',
      steps: [{ at: 'gateway', action: 'note-account', id: login }],
    }
  }
  for (const login of catalog) {
    if (gateway.has(login) || external.has(login)) continue
    yield {
      id: `account-lost:${login}`,
      kind: 'account-lost',
      things: [login],
      says: `The catalog knows the login ${login}, for which the gateway has no account. Make the account again for its owner before somebody else takes the login, or restore a newer backup of the gateway.`,
    }
  }
}

function* compareSchedules({ started, releases }: Facts): Generator<Disagreement> {
  for (const [schedule, release] of started) {
    if (releases.has(release)) continue
    yield {
      id: `schedule-release-unknown:${schedule}`,
      kind: 'schedule-release-unknown',
      things: [schedule, release],
      says: `The schedule ${schedule} has started the release ${release}, which the coordinator does not know.`,
      choices: [
        {
          choice: 'start-again',
          does: 'The schedule starts its release again.',
          steps: [{ at: 'catalog', action: 'start-again', id: schedule, release }],
        },
      ],
    }
  }
}
