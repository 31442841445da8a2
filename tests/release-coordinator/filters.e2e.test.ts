import { beforeAll, describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { given } from './support/given.ts'
import { statusAndBody } from './support/http-client.ts'
import { type LogEvent, type Page, type Release, studies } from './support/resources.ts'
import { type Participant, participant, reaches } from './support/saga.ts'

const { anonymous, admin } = api
const unknown = ['Select a valid choice. That choice is not one of the available choices.']

let a: Release
let b: Release
let first: Participant
let second: Participant
/** Ids by the names the table below uses. */
const ids: Record<string, string> = {}
const nameOf = (id: string) => Object.keys(ids).find(name => ids[name] === id)

beforeAll(async () => {
  first = await participant(api)
  second = await participant(api)
  a = await given(api).release({ studies: [studies.cats], name: 'a' })
  b = await given(api).release({ studies: [studies.dogs, studies.birds], name: 'b' })
  for (const { kf_id } of [a, b]) await reaches(api, kf_id, 'staged')
  const { note, event, task } = given(api)
  const keep = async (name: string, making: Promise<{ kf_id: string }>) => {
    ids[name] = (await making).kf_id
  }
  await keep('noteA', note({ release: a.kf_id, ...{ study: studies.cats, author: 'Ada' } }))
  await keep('noteA2', note({ release: a.kf_id, ...{ author: 'Bob' } }))
  await keep('noteB', note({ release: b.kf_id, ...{ study: studies.dogs, author: 'Ada' } }))
  await keep('taskA1', task({ release: a.kf_id, task_service: first.id, state: 'staged' }))
  await keep('taskA2', task({ release: a.kf_id, task_service: second.id, state: 'failed' }))
  await keep('taskB1', task({ release: b.kf_id, task_service: first.id, state: 'staged' }))
  await keep('eventA', event({ release: a.kf_id, task: ids.taskA1, task_service: first.id }))
  await keep('eventB', event({ release: b.kf_id, task: ids.taskB1 }))
  await keep('eventNone', event({ task_service: second.id }))
  return async () => {
    await first[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
  }
})

/** Names of those of our records that a list has, sorted. */
const found = async (path: string) => {
  const { status, body } = await anonymous.get<Page<{ kf_id: string }>>(path)
  expect(status).toBe(200)
  return body.results
    .map(({ kf_id }) => nameOf(kf_id))
    .filter(name => name !== undefined)
    .sort()
}

const allTasks = ['taskA1', 'taskA2', 'taskB1']

describe('/tasks', () => {
  test.each<[string, () => Record<string, string>, string[]]>([
    ['release', () => ({ release: a.kf_id }), ['taskA1', 'taskA2']],
    ['task_service', () => ({ task_service: first.id }), ['taskA1', 'taskB1']],
    ['release and task_service', () => ({ release: a.kf_id, task_service: first.id }), ['taskA1']],
    ['state', () => ({ state: 'failed' }), ['taskA2']],
    ['all three', () => ({ release: b.kf_id, task_service: first.id, state: 'staged' }), ['taskB1']],
    ['a state in another case', () => ({ state: 'STAGED' }), []],
    ['an unknown state', () => ({ state: 'banana' }), []],
    ['an empty state', () => ({ state: '' }), allTasks],
    ['an empty release', () => ({ release: '' }), allTasks],
    ['an empty task_service', () => ({ task_service: '' }), allTasks],
    ['a parameter that is none', () => ({ colour: 'red' }), allTasks],
  ])('by %s', async (_what, query, expected) => {
    expect(await found(`/tasks?limit=1000&${new URLSearchParams(query())}`)).toEqual(expected)
  })

  test.each([
    ['release=RE_00000000', { release: unknown }],
    ['release=anything', { release: unknown }],
    ['task_service=TS_00000000', { task_service: unknown }],
    ['release=RE_00000000&task_service=TS_00000000', { release: unknown, task_service: unknown }],
    ['release=RE_00000000&state=banana', { release: unknown }],
  ])('?%s is refused', async (query, body) => {
    expect(statusAndBody(await anonymous.get(`/tasks?${query}`))).toEqual([400, body])
  })
})

describe('/task-services', () => {
  const has = async (query: string) => {
    const { body } = await anonymous.get<Page<{ kf_id: string }>>(`/task-services?limit=1000${query}`)
    const listed = body.results.map(({ kf_id }) => kf_id)
    return [first, second].map(({ id }) => listed.includes(id))
  }

  test.each(['true', 'True', 'TRUE', 'tRuE'])('enabled=%s', async value => {
    await admin.patch(`/task-services/${first.id}`, { enabled: true })
    const listed = await has(`&enabled=${value}`)
    await admin.patch(`/task-services/${first.id}`, { enabled: false })
    expect(listed).toEqual([true, false])
  })

  test.each(['false', 'False', 'FALSE'])('enabled=%s', async value => {
    expect(await has(`&enabled=${value}`)).toEqual([true, true])
    await admin.patch(`/task-services/${first.id}`, { enabled: true })
    const listed = await has(`&enabled=${value}`)
    await admin.patch(`/task-services/${first.id}`, { enabled: false })
    expect(listed).toEqual([false, true])
  })

  test.each(['', '1', 'yes', 'maybe', '0'])('enabled=%s is no filter', async value => {
    expect(await has(`&enabled=${value}`)).toEqual([true, true])
  })
})

describe('/releases', () => {
  const states = async (query: string) =>
    (await anonymous.get<Page<Release>>(`/releases?limit=1000${query}`)).body.results.map(({ kf_id, state }) => ({
      kf_id,
      state,
    }))

  test('by state', async () => {
    const staged = await states('&state=staged')
    expect(new Set(staged.map(({ state }) => state))).toEqual(new Set(['staged']))
    expect(staged.map(({ kf_id }) => kf_id)).toEqual(expect.arrayContaining([a.kf_id, b.kf_id]))
    expect((await states('&state=published')).map(({ kf_id }) => kf_id)).not.toContain(a.kf_id)
  })

  test.each(['banana', 'Staged', 'pending', 'x'.repeat(2000)])('an unknown state %s finds nothing', async value => {
    expect(await states(`&state=${value}`)).toEqual([])
  })

  test('an empty state is no filter', async () => {
    expect((await states('&state=')).map(({ kf_id }) => kf_id)).toEqual(expect.arrayContaining([a.kf_id, b.kf_id]))
  })
})

describe('/release-notes', () => {
  test.each<[string, () => Record<string, string>, string[]]>([
    ['release', () => ({ release: a.kf_id }), ['noteA', 'noteA2']],
    ['study', () => ({ study: studies.dogs }), ['noteB']],
    ['author', () => ({ author: 'Ada' }), ['noteA', 'noteB']],
    ['author and release', () => ({ author: 'Ada', release: a.kf_id }), ['noteA']],
    ['an author in another case', () => ({ author: 'ada' }), []],
    ['an unknown author', () => ({ author: 'nobody' }), []],
    ['an empty study', () => ({ study: '', author: 'Bob' }), ['noteA2']],
  ])('by %s', async (_what, query, expected) => {
    expect(await found(`/release-notes?limit=1000&${new URLSearchParams(query())}`)).toEqual(expected)
  })

  test.each([
    ['release=RE_00000000', { release: unknown }],
    ['study=SD_00000000', { study: unknown }],
    ['study=SD_00000000&release=RE_00000000', { release: unknown, study: unknown }],
  ])('?%s is refused', async (query, body) => {
    expect(statusAndBody(await anonymous.get(`/release-notes?${query}`))).toEqual([400, body])
  })
})

describe('/events', () => {
  test.each<[string, () => Record<string, string>, string[]]>([
    ['release', () => ({ release: a.kf_id }), ['eventA']],
    ['task', () => ({ task: ids.taskB1 ?? '' }), ['eventB']],
    ['task_service', () => ({ task_service: second.id }), ['eventNone']],
    ['release and task', () => ({ release: a.kf_id, task: ids.taskB1 ?? '' }), []],
    ['study', () => ({ study: studies.birds }), ['eventB']],
    ['study and release', () => ({ study: studies.cats, release: a.kf_id }), ['eventA']],
    ['an unknown study', () => ({ study: 'SD_00000000' }), []],
    ['an unknown release', () => ({ release: 'RE_00000000' }), []],
    ['an unknown task', () => ({ task: 'TA_00000000' }), []],
    ['an unknown task service', () => ({ task_service: 'nonsense' }), []],
    ['an empty release', () => ({ release: '' }), []],
    ['an empty task', () => ({ task: '' }), []],
    ['an empty task_service', () => ({ task_service: '' }), []],
  ])('by %s', async (_what, query, expected) => {
    expect(await found(`/events?limit=1000&${new URLSearchParams(query())}`)).toEqual(expected)
  })

  test('of an empty id there are none', async () => {
    const { body } = await anonymous.get<Page<LogEvent>>('/events?release=')
    expect(body).toEqual({ count: 0, next: null, previous: null, results: [] })
  })

  test('of a study include what the platform wrote about its releases', async () => {
    const { body } = await anonymous.get<Page<LogEvent>>(`/events?study=${studies.birds}&limit=1000`)
    const messages = body.results.map(event => event.message)
    expect(messages).toContain(`release ${b.kf_id}, version ${b.version} changed from running to staged`)
    expect(messages.filter(message => message.includes(a.kf_id))).toEqual([])
  })
})
