import type { Disagreement } from './disagreement.ts'

const partsOf = (version: string) => version.split('.').map(Number)

/** Below zero if `a` comes before `b`. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  const differences = left.map((part, index) => part - (right[index] ?? 0))
  return differences.find(difference => difference !== 0) ?? 0
}

export type NumberFacts = {
  /** The greatest version of a release, by who knows it. */
  readonly versions: { readonly [service: string]: string | undefined }
  /** The greatest number of a change of an account. */
  readonly accountChanges: { readonly gateway: number; readonly catalog: number }
}

export function compareNumbers({ versions, accountChanges }: NumberFacts): Disagreement[] {
  const found: Disagreement[] = []
  const { coordinator, ...others } = versions
  const greatest = Object.entries(others)
    .flatMap(([service, version]) => (version === undefined ? [] : [{ service, version }]))
    .toSorted((a, b) => compareVersions(b.version, a.version))[0]
  if (greatest && (coordinator === undefined || compareVersions(greatest.version, coordinator) > 0)) {
    const { service, version } = greatest
    found.push({
      id: 'version-numbers',
      kind: 'version-numbers',
      things: [version],
      says: `The ${service} knows a release with the version ${version}; the coordinator's greatest is ${coordinator ?? 'none'}.`,
      settles: `New versions are above ${version}.`,
      steps: [{ at: 'coordinator', action: 'raise-version', id: version }],
    })
  }
  if (accountChanges.catalog > accountChanges.gateway) {
    const number = String(accountChanges.catalog)
    found.push({
      id: 'account-numbers',
      kind: 'account-numbers',
      things: [number],
      says: `The catalog knows change ${number} of an account, the gateway only ${accountChanges.gateway}: it would ignore the next ones.`,
      settles: 'The next change of an account has a greater number.',
      steps: [{ at: 'gateway', action: 'raise-account-changes', id: number }],
    })
  }
  return found
}

/** A task service: whether the registry has it, and as what the coordinator knows it, if at all. */
export type TaskServiceFacts = {
  readonly id: string
  readonly registered: boolean
  readonly known: 'known' | 'deleted' | undefined
}

export function compareTaskService({ id, registered, known }: TaskServiceFacts): Disagreement[] {
  if (registered && known === undefined) {
    return [
      {
        id: `task-service-unknown:${id}`,
        kind: 'task-service-unknown',
        things: [id],
        says: `The registry has the task service ${id}, which the coordinator does not know.`,
        settles: 'The coordinator learns of it.',
        steps: [{ at: 'coordinator', action: 'note-task-service', id }],
      },
    ]
  }
  if (registered && known === 'deleted') {
    return [
      {
        id: `task-service-back:${id}`,
        kind: 'task-service-back',
        things: [id],
        says: `The registry has the task service ${id}, which was deleted. Delete it again, or register it anew.`,
      },
    ]
  }
  if (registered || known !== 'known') return []
  return [
    {
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
    },
  ]
}

/**
 * A login: in the gateway it has an account, is one of outside, or was given once to an account that is deleted; the catalog
 * keeps a profile of it, or did until the account was deleted.
 */
export type AccountFacts = {
  readonly login: string
  readonly gateway: 'account' | 'external' | 'given' | undefined
  readonly catalog: 'known' | 'removed' | undefined
}

export function compareAccount({ login, gateway, catalog }: AccountFacts): Disagreement[] {
  const things = [login]
  const note = [{ at: 'gateway', action: 'note-account', id: login }] as const
  if (gateway === 'account' && catalog === undefined) {
    return [
      {
        id: `account-unknown:${login}`,
        kind: 'account-unknown',
        things,
        says: `The gateway has the account ${login}, which the catalog does not know.`,
        settles: 'The catalog learns of it.',
        steps: note,
      },
    ]
  }
  if (gateway === 'account' && catalog === 'removed') {
    return [
      {
        id: `account-back:${login}`,
        kind: 'account-back',
        things,
        says: `The gateway has the account ${login} again, which was deleted. Delete it again, or keep it.`,
        choices: [{ choice: 'keep', does: 'The catalog learns that the account is there again.', steps: note }],
      },
    ]
  }
  if (gateway === 'given' && catalog === 'known') {
    return [
      {
        id: `account-deleted:${login}`,
        kind: 'account-deleted',
        things,
        says: `The catalog knows the account ${login}, which was deleted.`,
        settles: 'The catalog forgets it; what belonged to it stays.',
        steps: [{ at: 'catalog', action: 'remove-account', id: login }],
      },
    ]
  }
  if (gateway !== undefined || catalog !== 'known') return []
  return [
    {
      id: `account-lost:${login}`,
      kind: 'account-lost',
      things,
      says: `The catalog knows the login ${login}, for which the gateway has no account. Make the account again for its owner before somebody else takes the login, or restore a newer backup of the gateway.`,
    },
  ]
}
