import { describe, expect, it } from 'vitest'
import { compareRelease, type Participant, type ReleaseFacts } from './compare-release.ts'

/** A release with one task, as the coordinator and the participant have them. */
function factsOf(
  service: Participant,
  release: string | undefined,
  task: string,
  own: string | undefined,
  version?: string,
): ReleaseFacts {
  const none = new Map()
  const there = own === undefined ? none : new Map([['TA_1', { state: own, version }]])
  return {
    id: 'RE_1',
    release: release === undefined ? undefined : { state: release, version: '0.2.0' },
    tasks: release === undefined ? none : new Map([['TA_1', { state: task, service }]]),
    own: { catalog: none, exporter: none, [service]: there },
    lostFiles: [],
    schedules: [],
  }
}

const participants = ['catalog', 'exporter'] as const
const ownStates = [
  undefined,
  'initialized',
  'running',
  'staged',
  'publishing',
  'published',
  'failed',
  'canceled',
] as const

describe('what is found of a task', () => {
  /**
   * By the states of the release and of the task for the coordinator, in the order of the states in the service itself. A
   * dot: they agree, or will by what the services do anyway: commands are sent again, tasks that are running or publishing
   * are asked for their state, what is begun is ended.
   */
  const kinds = {
    'waiting waiting': '. . . . . . . .',
    'initializing waiting': '. . . . . . . .',
    'initializing initialized': '. . . . . . . .',
    'running initialized': '. . . . . . . .',
    'running running': 'task-unknown start-missed . . task-behind task-behind . .',
    'running staged': 'task-unknown start-missed . . . published-early task-ended task-ended',
    'staged staged': 'task-unknown start-missed . . . published-early task-ended task-ended',
    'publishing staged': 'task-unknown start-missed . . . . . .',
    'publishing publishing': 'task-unknown start-missed . publish-missed . . . .',
    'publishing published': '. . . . . . . .',
    'canceling running': '. . . . . . . .',
    'canceling published': '. . . . . . . .',
    'canceled canceled': '. left-over left-over left-over left-over left-over . .',
    'failed failed': '. left-over left-over left-over left-over left-over . .',
  }

  /** What the exporter has reported and makes anew is something else. */
  const ofExporter: Readonly<Record<string, string>> = {
    'running staged': 'task-unknown files-lost files-lost . . published-early task-ended task-ended',
    'staged staged': 'task-unknown files-lost files-lost . . published-early task-ended task-ended',
    'publishing staged': 'task-unknown files-lost files-lost . . . . .',
    'publishing publishing': 'task-unknown files-lost files-lost publish-missed . . . .',
  }

  it.each(Object.entries(kinds))('in a release and as a task that are %s', (states, expected) => {
    const [release, task = ''] = states.split(' ')
    for (const service of participants) {
      const found = ownStates.map(own => compareRelease(factsOf(service, release, task, own)))
      const wanted = (service === 'exporter' && ofExporter[states]) || expected
      expect(found.map(some => some.map(({ kind }) => kind).join() || '.').join(' '), service).toBe(wanted)
      for (const { id, kind, things } of found.flat()) {
        expect(id).toBe(`${kind}:${kind === 'files-lost' ? 'RE_1' : 'TA_1'}`)
        expect(things).toContain('RE_1')
      }
    }
  })

  it.each([
    ['catalog', 'version-missing version-missing version-missing version-missing . . version-missing version-missing'],
    ['exporter', 'files-missing files-missing files-missing publish-missed . . files-missing files-missing'],
  ] as const)('of the %s in a release that is published', (service, expected) => {
    const found = ownStates.map(own => compareRelease(factsOf(service, 'published', 'published', own)))
    expect(found.map(([one]) => one?.kind ?? '.').join(' ')).toBe(expected)
  })

  it('in a release that the coordinator does not know', () => {
    for (const service of participants) {
      const found = ownStates.map(own => compareRelease(factsOf(service, undefined, '', own)))
      const expected = '. left-over left-over left-over release-unknown release-unknown . .'
      expect(found.map(([one]) => one?.kind ?? '.').join(' '), service).toBe(expected)
    }
  })
})

describe('what is done about it', () => {
  it.each([
    ['catalog', 'running', 'running', undefined, 'coordinator', 'lose-task'],
    ['exporter', 'staged', 'staged', 'canceled', 'coordinator', 'lose-task'],
    ['exporter', 'running', 'running', 'published', 'coordinator', 'note-staged'],
    ['exporter', 'running', 'running', 'initialized', 'exporter', 'start'],
    ['catalog', 'staged', 'staged', 'initialized', 'catalog', 'start'],
    ['catalog', 'publishing', 'publishing', 'staged', 'catalog', 'publish'],
    ['exporter', 'published', 'published', 'staged', 'exporter', 'publish'],
    ['catalog', 'published', 'published', undefined, 'catalog', 'publish'],
    ['catalog', 'canceled', 'canceled', 'published', 'catalog', 'withdraw'],
    ['exporter', undefined, '', 'staged', 'exporter', 'withdraw'],
  ] as const)('of the %s, %s, %s, %s: %s does %s', (service, release, task, own, at, action) => {
    const [found] = compareRelease(factsOf(service, release, task, own))
    expect(found).toMatchObject({ steps: [{ at, action }], settles: expect.any(String) })
  })

  it.each([
    ['catalog', 'staged', 'staged', 'published', ['publish', 'cancel']],
    ['catalog', 'running', 'staged', 'published', ['cancel']],
    ['catalog', undefined, '', 'published', ['withdraw']],
    ['exporter', 'published', 'published', undefined, []],
  ] as const)('is for a person: of the %s, %s, %s, %s', (service, release, task, own, choices) => {
    const [found] = compareRelease(factsOf(service, release, task, own))
    expect(found?.steps).toBeUndefined()
    expect((found?.choices ?? []).map(({ choice }) => choice)).toEqual(choices)
  })
})

describe('numbers', () => {
  it('of a release that is public go with its publication, whichever service shows it', () => {
    const facts = factsOf('catalog', 'staged', 'staged', 'published', '0.2.0')
    const tasks = new Map([...facts.tasks, ['TA_2', { state: 'staged', service: 'exporter' }] as const])
    const own = { ...facts.own, exporter: new Map([['TA_2', { state: 'published' }]]) }
    const found = compareRelease({ ...facts, tasks, own })
    const step = { at: 'release', action: 'publish', id: 'RE_1', version: '0.2.0' }
    expect(found.map(({ choices }) => choices?.[0]?.steps)).toEqual([[step], [step]])
  })

  it('of a release that is published are the same everywhere', () => {
    expect(compareRelease(factsOf('catalog', 'published', 'published', 'published', '0.2.0'))).toEqual([])
    expect(compareRelease(factsOf('catalog', 'published', 'published', 'published', '0.1.0'))).toMatchObject([
      { kind: 'version-differs', steps: [{ at: 'catalog', action: 'publish', id: 'TA_1', release: 'RE_1' }] },
    ])
  })
})

describe('files to which there are links, and which the exporter does not have', () => {
  it.each([
    ['staged', 'staged', 'initialized', 'files-lost:RE_1'],
    ['staged', 'staged', 'staged', 'files-lost:RE_1'],
    ['publishing', 'publishing', 'publishing', 'files-lost:RE_1'],
    ['published', 'published', 'published', 'files-missing:RE_1'],
    ['staged', 'staged', undefined, 'task-unknown:TA_1'],
    ['staged', 'staged', 'failed', 'task-ended:TA_1'],
    ['published', 'published', undefined, 'files-missing:TA_1'],
  ] as const)('are found once: %s, %s, %s: %s', (release, task, own, id) => {
    const lostFiles = ['F1', 'F2']
    const found = compareRelease({ ...factsOf('exporter', release, task, own), lostFiles })
    expect(found.map(one => one.id)).toEqual([id])
    const isLive = release !== 'published'
    expect(found[0]?.steps).toEqual(isLive ? [{ at: 'coordinator', action: 'lose-task', id: 'TA_1' }] : undefined)
  })

  it('are nothing where the release has ended', () => {
    const facts = factsOf('exporter', 'canceled', 'canceled', 'canceled')
    expect(compareRelease({ ...facts, lostFiles: ['F1'] })).toEqual([])
  })
})

it('a schedule that started a release may start it again where the coordinator does not know it', () => {
  const facts = factsOf('catalog', 'running', 'running', 'running')
  expect(compareRelease({ ...facts, schedules: ['4'] })).toEqual([])
  expect(compareRelease({ ...factsOf('catalog', undefined, '', undefined), schedules: ['4'] })).toMatchObject([
    { id: 'schedule-release-unknown:4', choices: [{ choice: 'start-again' }] },
  ])
})
