import { type ReleaseState, releaseStates, type TaskState, taskStates } from '@slipway/contracts'
import { describe, expect, it } from 'vitest'
import { type Decision, decide, isRefusal, type ReleaseCommand } from './decide.ts'
import { type Ending, evolve, mayMove, type Release, type ReleaseChange } from './release.ts'

function release(state: ReleaseState, tasks: readonly TaskState[] = [], ending: Ending | null = null): Release {
  const entries = tasks.map((taskState, index) => {
    const id = `TA_${index}`
    return [id, { id, service: `TS_${index}`, state: taskState, progress: 0 }] as const
  })
  return { id: 'RE_0', state, ending, tasks: new Map(entries) }
}

/** What became of a release: its state, those of its tasks, and the commands that were issued. */
function outcome(before: Release, ...commands: ReleaseCommand[]) {
  let after = before
  const changes: ReleaseChange[] = []
  for (const command of commands) {
    const decision: Decision = decide(after, command)
    if (isRefusal(decision)) return { refused: decision.refused }
    changes.push(...decision)
    after = decision.reduce(evolve, after)
  }
  return {
    state: after.state,
    tasks: [...after.tasks.values()].map(task => task.state),
    issued: changes.flatMap(change =>
      change.type === 'command-issued' ? [change.task ? `${change.action} ${change.task}` : change.action] : [],
    ),
    moves: changes.flatMap(change => (change.type === 'release-moved' ? [`${change.from}>${change.to}`] : [])),
    ending: after.ending,
  }
}

const answer = (
  task: string,
  action: 'initialize' | 'start' | 'publish' | 'cancel',
  accepted = true,
): ReleaseCommand => ({
  type: 'answer',
  task,
  action,
  accepted,
})
const report = (task: string, state: TaskState): ReleaseCommand => ({ type: 'report', task, state })

describe('the steps of a release', () => {
  const allowed = new Set([
    'waiting>initializing',
    'initializing>running',
    'running>staged',
    'staged>publishing',
    'publishing>published',
    'canceling>canceled',
    'canceling>failed',
    ...['waiting', 'initializing', 'running', 'staged', 'publishing'].flatMap(from => [
      `${from}>canceling`,
      `${from}>failed`,
    ]),
  ])
  it.each(releaseStates.flatMap(from => releaseStates.map(to => [from, to] as const)))('%s to %s', (from, to) => {
    expect(mayMove(from, to)).toBe(allowed.has(`${from}>${to}`))
  })
  it('that are not allowed are a defect, not data', () => {
    const wrong = { type: 'release-moved', from: 'waiting', to: 'published' } as const
    expect(() => evolve(release('waiting'), wrong)).toThrow('cannot go from waiting to published')
  })
})

describe('enlisting', () => {
  const tasks = ['TA_0', 'TA_1'].map(id => ({ id, service: null, state: 'waiting' as const, progress: 0 }))
  it('makes all tasks before any service is asked', () => {
    const decision = decide(release('waiting'), { type: 'enlist', tasks }) as ReleaseChange[]
    expect(decision.map(change => change.type)).toEqual([
      'release-moved',
      'task-created',
      'task-created',
      'command-issued',
      'command-issued',
    ])
    expect(outcome(release('waiting'), { type: 'enlist', tasks })).toMatchObject({
      state: 'initializing',
      issued: ['initialize TA_0', 'initialize TA_1'],
    })
  })
  it('without services goes to staged at once', () => {
    expect(outcome(release('waiting'), { type: 'enlist', tasks: [] })).toMatchObject({
      state: 'staged',
      moves: ['waiting>initializing', 'initializing>running', 'running>staged'],
    })
  })
  it.each(releaseStates.filter(state => state !== 'waiting'))('a release that is %s adds no tasks', state => {
    expect(decide(release(state), { type: 'enlist', tasks })).not.toContainEqual(
      expect.objectContaining({ type: 'task-created' }),
    )
  })
})

describe('answers of task services', () => {
  it('to initialize start all tasks together, once the last one has accepted', () => {
    const before = release('initializing', ['waiting', 'waiting'])
    expect(outcome(before, answer('TA_0', 'initialize'))).toMatchObject({ state: 'initializing', issued: [] })
    expect(outcome(before, answer('TA_0', 'initialize'), answer('TA_1', 'initialize'))).toMatchObject({
      state: 'running',
      issued: ['start TA_0', 'start TA_1'],
    })
  })
  it.each([
    ['initialize', 'initializing', 'waiting', 'rejected'],
    ['start', 'running', 'initialized', 'failed'],
    ['publish', 'publishing', 'staged', 'failed'],
  ] as const)('that refuse to %s end the release, and the others are canceled', (action, state, before, after) => {
    expect(outcome(release(state, [before, before]), answer('TA_0', action, false))).toMatchObject({
      state: 'canceling',
      tasks: [after, before],
      issued: ['cancel TA_1'],
      ending: 'fault',
    })
  })
  it('that refuse with nobody left to cancel fail the release at once, by way of canceling', () => {
    expect(outcome(release('initializing', ['waiting']), answer('TA_0', 'initialize', false))).toMatchObject({
      state: 'failed',
      moves: ['initializing>canceling', 'canceling>failed'],
      issued: [],
    })
  })
  it.each([
    ['initialize', 'initializing', 'waiting', 'rejected'],
    ['start', 'running', 'initialized', 'failed'],
    ['publish', 'publishing', 'staged', 'failed'],
  ] as const)('that refuse to %s say why, give up the release, then the task', (action, state, before, after) => {
    const fault = { reason: 'answer with status 400', status: 400 }
    const refusal = { ...answer('TA_0', action, false), fault } as ReleaseCommand
    expect(decide(release(state, [before]), refusal)).toEqual([
      { type: 'fault-noted', task: 'TA_0', request: `${action} task`, fault },
      { type: 'release-moved', from: state, to: 'canceling', ending: 'fault' },
      { type: 'task-moved', task: 'TA_0', from: before, to: after, fault },
      { type: 'release-moved', from: 'canceling', to: 'failed' },
    ])
  })
  it.each([
    ['start', 'running', 'initialized', 'running'],
    ['publish', 'publishing', 'staged', 'publishing'],
  ] as const)('to %s move the task', (action, state, before, after) => {
    expect(outcome(release(state, [before, before]), answer('TA_0', action))).toMatchObject({ tasks: [after, before] })
  })
  it.each(['initialize', 'start', 'publish'] as const)('to %s that come late revive nothing', action => {
    for (const state of ['canceling', 'canceled', 'failed', 'published'] as const) {
      for (const accepted of [true, false]) {
        expect(decide(release(state, ['canceled', 'waiting']), answer('TA_0', action, accepted))).toEqual([])
      }
    }
  })
  it('do not overwrite a report that overtook them', () => {
    const reported = outcome(
      release('running', ['initialized', 'running']),
      report('TA_0', 'staged'),
      answer('TA_0', 'start'),
    )
    expect(reported).toMatchObject({ tasks: ['staged', 'running'] })
  })
  it('to cancel end the release with the last one, in the state that fits the reason', () => {
    const before = (ending: Ending) => release('canceling', ['running', 'canceled'], ending)
    expect(outcome(before('fault'), answer('TA_0', 'cancel'))).toMatchObject({ state: 'failed' })
    for (const ending of ['request', 'timeout', 'report'] as const) {
      expect(outcome(before(ending), answer('TA_0', 'cancel'))).toMatchObject({ state: 'canceled' })
    }
  })
  it('record why a task was canceled', () => {
    const changes = decide(release('canceling', ['running'], 'fault'), answer('TA_0', 'cancel'))
    expect(changes).toContainEqual({
      type: 'task-moved',
      task: 'TA_0',
      from: 'running',
      to: 'canceled',
      reason: 'fault',
    })
  })
})

describe('reports', () => {
  it('stage and complete a release with the last task', () => {
    expect(outcome(release('running', ['staged', 'running']), report('TA_1', 'staged'))).toMatchObject({
      state: 'staged',
    })
    expect(outcome(release('publishing', ['published', 'publishing']), report('TA_1', 'published'))).toMatchObject({
      state: 'published',
    })
  })
  it('may overtake the answer to start and to publish', () => {
    expect(outcome(release('running', ['initialized']), report('TA_0', 'staged'))).toMatchObject({ state: 'staged' })
    expect(outcome(release('publishing', ['staged']), report('TA_0', 'published'))).toMatchObject({
      state: 'published',
    })
  })
  it.each(taskStates)('of the same state (%s) change nothing', state => {
    const bad = state === 'failed' || state === 'rejected' || state === 'canceled'
    expect(decide(release(bad ? 'failed' : 'staged', [state]), report('TA_0', state))).toEqual([])
  })
  it('of a step that is not allowed are refused, progress and all', () => {
    const refused = decide(release('canceled', ['canceled']), {
      ...report('TA_0', 'staged'),
      progress: 5,
    } as ReleaseCommand)
    expect(refused).toEqual({ refused: { reason: 'step', from: 'canceled', to: 'staged' } })
  })
  it('of a failure fail the release', () => {
    expect(outcome(release('running', ['running', 'staged']), report('TA_0', 'failed'))).toMatchObject({
      state: 'canceling',
      issued: ['cancel TA_1'],
      ending: 'fault',
    })
  })
  it('of a failure fail the task, then give up the release', () => {
    expect(decide(release('running', ['running']), report('TA_0', 'failed'))).toEqual([
      { type: 'task-moved', task: 'TA_0', from: 'running', to: 'failed' },
      { type: 'release-moved', from: 'running', to: 'canceling', ending: 'fault' },
      { type: 'release-moved', from: 'canceling', to: 'failed' },
    ])
  })
  it('of a cancellation cancel it', () => {
    expect(outcome(release('running', ['running', 'staged']), report('TA_0', 'canceled'))).toMatchObject({
      state: 'canceling',
      issued: ['cancel TA_1'],
      ending: 'report',
    })
    expect(outcome(release('staged', ['staged']), report('TA_0', 'canceled'))).toMatchObject({ state: 'canceled' })
  })
  it('change progress without a step', () => {
    expect(decide(release('running', ['running']), { type: 'report', task: 'TA_0', progress: 7 })).toEqual([
      { type: 'task-progressed', task: 'TA_0', progress: 7 },
    ])
  })
})

describe('polls', () => {
  it('ignore a step that is not allowed, but take the progress', () => {
    const poll = { type: 'poll', task: 'TA_0', state: 'published', progress: 9 } as const
    expect(decide(release('running', ['running']), poll)).toEqual([
      { type: 'task-progressed', task: 'TA_0', progress: 9 },
    ])
  })
  it('that a report has overtaken change nothing', () => {
    const poll = { type: 'poll', task: 'TA_0', state: 'running', progress: 9 } as const
    expect(decide(release('running', ['staged', 'running']), poll)).toEqual([])
  })
  it('move a task like a report', () => {
    expect(outcome(release('running', ['running']), { type: 'poll', task: 'TA_0', state: 'staged' })).toMatchObject({
      state: 'staged',
    })
  })
  it('that lose a task fail the release and send it nothing more', () => {
    const lost = outcome(release('running', ['running', 'running']), {
      type: 'lose-task',
      task: 'TA_0',
      fault: { reason: 'gone' },
    })
    expect(lost).toMatchObject({ state: 'canceling', tasks: ['failed', 'running'], issued: ['cancel TA_1'] })
  })
})

describe('publishing', () => {
  it('asks every staged task', () => {
    expect(outcome(release('staged', ['staged', 'staged']), { type: 'publish' })).toMatchObject({
      state: 'publishing',
      issued: ['publish TA_0', 'publish TA_1'],
    })
  })
  it('without tasks completes at once', () => {
    expect(outcome(release('staged'), { type: 'publish' })).toMatchObject({ state: 'published' })
  })
  it.each(releaseStates.filter(state => state !== 'staged'))('is refused while %s', state => {
    expect(decide(release(state), { type: 'publish' })).toEqual({ refused: { reason: 'publish', from: state } })
  })
})

describe('canceling', () => {
  const cancel: ReleaseCommand = { type: 'cancel', reason: 'request' }
  it.each(['waiting', 'initializing', 'running', 'staged', 'publishing'] as const)('a %s release cascades', state => {
    expect(outcome(release(state, ['running', 'published', 'staged']), cancel)).toMatchObject({
      state: 'canceling',
      issued: ['cancel TA_0', 'cancel TA_2'],
      tasks: ['running', 'published', 'staged'],
    })
  })
  it('without tasks is visible before it is done', () => {
    expect(outcome(release('staged'), cancel)).toMatchObject({ state: 'canceling', issued: ['settle'] })
    expect(outcome(release('canceling', [], 'request'), { type: 'settle' })).toMatchObject({ state: 'canceled' })
  })
  it.each(['canceling', 'published', 'canceled', 'failed'] as const)('a %s release changes nothing', state => {
    expect(decide(release(state, ['running']), cancel)).toEqual([])
  })
})

describe('settling', () => {
  it.each([
    ['initializing', ['initialized', 'initialized'], 'running'],
    ['running', ['staged', 'staged'], 'staged'],
    ['publishing', ['published'], 'published'],
    ['running', ['rejected'], 'canceling'],
    ['running', ['failed', 'running'], 'canceling'],
  ] as const)('draws the conclusion that was left open in %s', (state, tasks, after) => {
    expect(outcome(release(state, tasks), { type: 'settle' })).toMatchObject({ state: after })
  })
  it.each(releaseStates)('changes nothing where nothing is due: %s', state => {
    const waits: Partial<Record<ReleaseState, TaskState>> = { initializing: 'waiting', publishing: 'publishing' }
    expect(decide(release(state, [waits[state] ?? 'running']), { type: 'settle' })).toEqual([])
  })
})

describe('a task by hand', () => {
  it('is a row only, in whatever state', () => {
    for (const state of taskStates) {
      const task = { id: 'TA_9', service: null, state, progress: 0 }
      expect(decide(release('running', ['staged']), { type: 'add-task', task })).toEqual([
        { type: 'task-created', task },
      ])
    }
  })
})
