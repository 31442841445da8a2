import { describe, expect, it } from 'vitest'
import { compare } from './compare.ts'
import type { Facts, Participant } from './facts.ts'

const agreeing: Facts = {
  releases: new Map([['RE_1', { state: 'running', version: '0.0.1' }]]),
  tasks: new Map([['TA_1', { release: 'RE_1', state: 'running', service: 'catalog' }]]),
  own: { catalog: new Map([['TA_1', { release: 'RE_1', state: 'running' }]]), exporter: new Map() },
  taskServices: { registry: new Set(['TS_1']), coordinator: new Map([['TS_1', 'known']]) },
  started: new Map([['4', 'RE_1']]),
  accounts: { catalog: new Set(['ada', 'outside']), gateway: new Set(['ada']), external: new Set(['outside']) },
  versions: { coordinator: '0.10.1', catalog: '0.9.3', gateway: undefined },
  accountChanges: { gateway: 7, catalog: 7 },
}

/** A release with one task, as the coordinator and the participant have them. */
function taskFacts(service: Participant, release: string | undefined, task: string, own: string | undefined): Facts {
  return {
    ...agreeing,
    started: new Map(),
    releases: new Map(release === undefined ? [] : [['RE_1', { state: release, version: '0.0.1' }]]),
    tasks: new Map(release === undefined ? [] : [['TA_1', { release: 'RE_1', state: task, service }]]),
    own: {
      catalog: new Map(),
      exporter: new Map(),
      [service]: new Map(own === undefined ? [] : [['TA_1', { release: 'RE_1', state: own }]]),
    },
  }
}

describe('facts that agree', () => {
  it('are no disagreement', () => {
    expect(compare(agreeing)).toEqual([])
  })

  it.each([
    ['waiting', 'waiting', undefined],
    ['initializing', 'initialized', undefined],
    ['running', 'initialized', 'running'],
    ['running', 'running', 'staged'],
    ['staged', 'staged', 'staged'],
    ['publishing', 'staged', 'published'],
    ['publishing', 'publishing', 'published'],
    ['published', 'published', 'published'],
    ['canceling', 'staged', undefined],
    ['canceled', 'canceled', 'canceled'],
    ['failed', 'failed', 'failed'],
  ])('a release that is %s with a task that is %s, and %s for its service', (release, task, own) => {
    for (const service of ['catalog', 'exporter'] as const) {
      expect(compare(taskFacts(service, release, task, own))).toEqual([])
    }
  })
})

describe('a task', () => {
  it.each([
    ['catalog', 'running', 'running', undefined, 'task-unknown', 'coordinator', 'lose-task'],
    ['exporter', 'staged', 'staged', undefined, 'task-unknown', 'coordinator', 'lose-task'],
    ['catalog', 'publishing', 'publishing', undefined, 'task-unknown', 'coordinator', 'lose-task'],
    ['exporter', 'running', 'running', 'published', 'task-behind', 'coordinator', 'note-staged'],
    ['catalog', 'publishing', 'publishing', 'staged', 'publish-missed', 'catalog', 'publish'],
    ['exporter', 'published', 'published', 'staged', 'publish-missed', 'exporter', 'publish'],
    ['catalog', 'published', 'published', undefined, 'version-missing', 'catalog', 'publish'],
    ['catalog', 'published', 'published', 'staged', 'version-missing', 'catalog', 'publish'],
    ['catalog', 'canceled', 'canceled', 'published', 'left-over', 'catalog', 'withdraw'],
    ['exporter', 'failed', 'failed', 'running', 'left-over', 'exporter', 'withdraw'],
    ['exporter', undefined, '', 'staged', 'left-over', 'exporter', 'withdraw'],
  ] as const)(
    'of the %s in a release that is %s, %s for the coordinator and %s for itself: %s',
    (service, release, task, own, kind, at, action) => {
      const found = compare(taskFacts(service, release, task, own))
      expect(found).toMatchObject([{ id: `${kind}:TA_1`, kind, things: ['TA_1', 'RE_1'], steps: [{ at, action }] }])
      expect(found[0]?.settles).toBeDefined()
    },
  )

  it.each([
    ['catalog', 'staged', 'staged', 'published', 'published-early', ['publish', 'cancel']],
    ['catalog', undefined, '', 'published', 'release-unknown', ['withdraw']],
    ['exporter', 'published', 'published', undefined, 'files-missing', []],
  ] as const)(
    'of the %s in a release that is %s, %s for the coordinator and %s for itself, is for a person: %s',
    (service, release, task, own, kind, choices) => {
      const [found, ...more] = compare(taskFacts(service, release, task, own))
      expect(more).toEqual([])
      expect(found).toMatchObject({ kind })
      expect(found?.steps).toBeUndefined()
      expect((found?.choices ?? []).map(({ choice }) => choice)).toEqual(choices)
    },
  )
})

describe('everything else', () => {
  it('is compared by number: versions and changes of accounts', () => {
    const versions = { coordinator: '0.9.9', catalog: '0.10.0', gateway: '0.2.11' }
    expect(compare({ ...agreeing, versions, accountChanges: { gateway: 9, catalog: 10 } })).toMatchObject([
      { kind: 'version-numbers', steps: [{ at: 'coordinator', action: 'raise-version', id: '0.10.0' }] },
      { kind: 'account-numbers', steps: [{ at: 'gateway', action: 'raise-account-changes', id: '10' }] },
    ])
    const none = { coordinator: undefined, catalog: undefined, gateway: '0.0.0' }
    expect(compare({ ...agreeing, versions: none })).toMatchObject([{ things: ['0.0.0'] }])
  })

  it('is known on one side only: task services, accounts, releases of schedules', () => {
    const registry = new Set(['TS_NEW', 'TS_BACK'])
    const coordinator = new Map([
      ['TS_BACK', 'deleted'],
      ['TS_LOST', 'known'],
      ['TS_GONE', 'deleted'],
    ] as const)
    const accounts = { catalog: new Set(['bob']), gateway: new Set(['ada']), external: new Set<string>() }
    const started = new Map([['4', 'RE_9']])
    const found = compare({ ...agreeing, taskServices: { registry, coordinator }, accounts, started })
    expect(found.map(({ id, steps, choices }) => [id, steps?.length ?? choices?.length ?? 0])).toEqual([
      ['task-service-unknown:TS_NEW', 1],
      ['task-service-back:TS_BACK', 0],
      ['task-service-lost:TS_LOST', 1],
      ['account-unknown:ada', 1],
      ['account-lost:bob', 0],
      ['schedule-release-unknown:4', 1],
    ])
  })
})
