import { describe, expect, it } from 'vitest'
import {
  type AccountFacts,
  compareAccount,
  compareNumbers,
  compareTaskService,
  type TaskServiceFacts,
} from './compare.ts'

describe('numbers', () => {
  const versions = { coordinator: '0.10.1', catalog: '0.9.3', gateway: undefined }
  const accountChanges = { gateway: 7, catalog: 7 }

  it('agree as long as the others know none that is greater', () => {
    expect(compareNumbers({ versions, accountChanges })).toEqual([])
  })

  it('are compared by their parts, and go on above the greatest', () => {
    const behind = { coordinator: '0.9.9', catalog: '0.10.0', gateway: '0.2.11' }
    expect(compareNumbers({ versions: behind, accountChanges: { gateway: 9, catalog: 10 } })).toMatchObject([
      { kind: 'version-numbers', steps: [{ at: 'coordinator', action: 'raise-version', id: '0.10.0' }] },
      { kind: 'account-numbers', steps: [{ at: 'gateway', action: 'raise-account-changes', id: '10' }] },
    ])
    const none = { coordinator: undefined, catalog: undefined, gateway: '0.0.0' }
    expect(compareNumbers({ versions: none, accountChanges })).toMatchObject([{ things: ['0.0.0'] }])
  })
})

it.each<[Omit<TaskServiceFacts, 'id'>, string | undefined, number]>([
  [{ registered: true, known: 'known' }, undefined, 0],
  [{ registered: false, known: 'deleted' }, undefined, 0],
  [{ registered: true, known: undefined }, 'task-service-unknown:TS_1', 1],
  [{ registered: true, known: 'deleted' }, 'task-service-back:TS_1', 0],
  [{ registered: false, known: 'known' }, 'task-service-lost:TS_1', 1],
])('a task service %j: %s, with %i ways to settle it', (facts, id, ways) => {
  const found = compareTaskService({ id: 'TS_1', ...facts })
  expect(found.map(one => one.id)).toEqual(id === undefined ? [] : [id])
  expect((found[0]?.steps ?? found[0]?.choices ?? []).length).toBe(ways)
})

it.each<[AccountFacts['gateway'], AccountFacts['catalog'], string | undefined, string | undefined]>([
  ['account', 'known', undefined, undefined],
  ['external', 'known', undefined, undefined],
  ['external', undefined, undefined, undefined],
  ['given', 'removed', undefined, undefined],
  ['given', undefined, undefined, undefined],
  [undefined, 'removed', undefined, undefined],
  ['account', undefined, 'account-unknown', 'note-account'],
  ['given', 'known', 'account-deleted', 'remove-account'],
  ['account', 'removed', 'account-back', undefined],
  [undefined, 'known', 'account-lost', undefined],
])('a login that is %s in the gateway and %s in the catalog: %s, settled by %s', (gateway, catalog, kind, action) => {
  const found = compareAccount({ login: 'ada', gateway, catalog })
  expect(found.map(({ id }) => id)).toEqual(kind === undefined ? [] : [`${kind}:ada`])
  expect(found[0]?.steps?.[0]?.action).toBe(action)
})
