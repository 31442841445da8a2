import { describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { given } from './support/given.ts'
import { json, statusAndBody } from './support/http-client.ts'
import { type LogEvent, type Page, type Release, studies } from './support/resources.ts'
import {
  historyOf,
  messagesOf,
  participant,
  pathOf,
  reaches,
  runningRelease,
  startRelease,
  taskOf,
} from './support/saga.ts'

const { anonymous, admin, machine } = api
const times = <Value>(count: number, make: (index: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)))

describe('reports at the same time', () => {
  test('two hundred make each step once', async () => {
    await using first = await participant(api, { finishes: false })
    await using second = await participant(api, { finishes: false })
    const release = await runningRelease(api, [first, second])
    const tasks = [taskOf(release, first).kf_id, taskOf(release, second).kf_id]
    const reportAll = (state: string) =>
      times(200, index => machine.patch(`/tasks/${tasks[index % 2]}`, { state, progress: 100 }))

    expect(new Set((await reportAll('staged')).map(({ status }) => status))).toEqual(new Set([200]))
    await reaches(api, release.kf_id, 'staged')
    const published = await times(10, () => admin.post(`/releases/${release.kf_id}/publish`))
    expect(published.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(400)])
    expect(new Set((await reportAll('published')).map(({ status }) => status))).toEqual(new Set([200]))
    await reaches(api, release.kf_id, 'published')

    const messages = messagesOf(await historyOf(api, release.kf_id))
    expect(await pathOf(api, release.kf_id)).toEqual(['initializing', 'running', 'staged', 'publishing', 'published'])
    for (const task of tasks) {
      const steps = messages.filter(message => message.includes(task)).map(message => message.split(' ').at(-1))
      expect(steps.filter(step => step === 'staged')).toHaveLength(1)
      expect(steps.filter(step => step === 'published')).toHaveLength(1)
      expect(new Set(steps).size).toBe(steps.length)
    }
    for (const service of [first, second]) {
      for (const action of ['initialize', 'start', 'publish'] as const) {
        expect(service.received(action).length, action).toBeLessThanOrEqual(1)
      }
    }
  })

  test('that contradict each other end in one of them', async () => {
    await using service = await participant(api, { finishes: false })
    const release = await runningRelease(api, [service])
    const task = taskOf(release, service).kf_id
    const answers = await times(40, index =>
      machine.patch(`/tasks/${task}`, { state: index % 2 === 0 ? 'failed' : 'canceled' }),
    )
    expect(answers.every(({ status }) => status === 200 || status === 400)).toBe(true)
    const state = (await anonymous.get<{ state: string }>(`/tasks/${task}`)).body.state
    await reaches(api, release.kf_id, state)
    const ends = messagesOf(await historyOf(api, release.kf_id)).filter(message =>
      message.startsWith(`task ${task} changed from running`),
    )
    expect(ends).toEqual([`task ${task} changed from running to ${state}`])
  })
})

describe('changes while a release moves', () => {
  test('are not lost', async () => {
    await using service = await participant(api)
    const started = startRelease(api, [service])
    const { kf_id } = await started
    const answers = await times(30, index =>
      admin.patch<Release>(
        `/releases/${kf_id}`,
        index % 3 === 0
          ? { tags: [`tag ${index}`] }
          : index % 3 === 1
            ? { name: `name ${index}` }
            : { description: `text ${index}` },
      ),
    )
    for (const [index, { status, body }] of answers.entries()) {
      expect(status).toBe(200)
      const sent = [body.tags[0], body.name, body.description][index % 3]
      expect(sent).toBe([`tag ${index}`, `name ${index}`, `text ${index}`][index % 3])
    }
    await admin.patch(`/releases/${kf_id}`, { tags: ['last'], name: 'last', description: 'last' })
    const release = await reaches(api, kf_id, 'staged')
    expect(release).toMatchObject({ tags: ['last'], name: 'last', description: 'last' })
  })
})

describe('a repeated command', () => {
  const start = (key: string, body: object, client = admin) =>
    client.send<Release>('POST', '/releases', {
      ...json(body),
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
    })
  const countOf = async () => (await anonymous.get<Page<Release>>('/releases?limit=1')).body.count

  test('with the same key is answered, not done again', async () => {
    const before = await countOf()
    const body = { name: 'once', studies: [studies.cats] }
    const key = crypto.randomUUID()
    const first = await start(key, body)
    expect(first.status).toBe(201)
    const again = await times(8, () => start(key, body))
    for (const answer of again) expect([answer.status, answer.body.kf_id]).toEqual([201, first.body.kf_id])
    expect(await countOf()).toBe(before + 1)
  })

  test('at the same time, too', async () => {
    const before = await countOf()
    const key = crypto.randomUUID()
    const answers = await times(12, () => start(key, { name: 'once', studies: [studies.cats] }))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.kf_id}`)).size).toBe(1)
    expect(await countOf()).toBe(before + 1)
  })

  test('with another body is refused', async () => {
    const before = await countOf()
    const key = crypto.randomUUID()
    await start(key, { name: 'one', studies: [studies.cats] })
    const { status } = await start(key, { name: 'another', studies: [studies.cats] })
    expect([409, 422]).toContain(status)
    expect(await countOf()).toBe(before + 1)
  })

  test('of another caller is another command', async () => {
    const key = crypto.randomUUID()
    const body = { name: 'each', studies: [studies.cats] }
    const mine = await start(key, body)
    const theirs = await start(key, body, api.member)
    expect([mine.status, theirs.status]).toEqual([201, 201])
    expect(mine.body.kf_id).not.toBe(theirs.body.kf_id)
  })

  test('that was a mistake can be made good', async () => {
    const key = crypto.randomUUID()
    expect(statusAndBody(await start(key, { studies: [studies.cats] }))).toEqual([
      400,
      { name: ['This field is required.'] },
    ])
    expect((await start(key, { name: 'better', studies: [studies.cats] })).status).toBe(201)
  })

  test('without a key is another one', async () => {
    const answers = await times(2, () => given(api).release())
    expect(new Set(answers.map(({ kf_id }) => kf_id)).size).toBe(2)
  })
})

test('events of one release keep the order in which things happened', async () => {
  await using service = await participant(api)
  const { kf_id } = await startRelease(api, [service])
  await reaches(api, kf_id, 'staged')
  const { body } = await anonymous.get<Page<LogEvent>>(`/events?release=${kf_id}&limit=100`)
  const states = body.results.toReversed().map(({ message }) => message.split(' ').at(-1))
  expect(states).toEqual(['initializing', 'initialized', 'running', 'running', 'staged', 'staged'])
})
