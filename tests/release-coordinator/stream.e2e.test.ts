import { describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { eventStream, type StreamedEvent } from './support/event-stream.ts'
import { given } from './support/given.ts'
import { type Release, studies } from './support/resources.ts'
import { historyOf, participant, reaches, startRelease } from './support/saga.ts'

const { anonymous, admin } = api

/** A release from beginning to end. */
async function published(service: Awaited<ReturnType<typeof participant>>): Promise<Release> {
  const { kf_id } = await startRelease(api, [service])
  await reaches(api, kf_id, 'staged')
  await admin.post(`/releases/${kf_id}/publish`)
  return reaches(api, kf_id, 'published')
}

const named = (name: string, subject?: string) => (event: StreamedEvent) =>
  event.event === name && (subject === undefined || event.data.subject === subject)
const about = (release: string) => (event: StreamedEvent) =>
  event.data.subject === release || event.data.data.release_id === release || event.data.data.release === release

describe('the stream of events', () => {
  test('shows a release live, step by step', async () => {
    await using service = await participant(api)
    await using stream = await eventStream(url)
    expect(stream.response.statusCode).toBe(200)
    expect(stream.response.headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/),
      'cache-control': expect.stringMatching(/no-store|no-cache/),
    })
    const release = await published(service)
    await stream.until(named('release.published', release.kf_id))
    // Only events of one resource have an order: those of its task may come later.
    await stream.until(event => event.event === 'task.published' && about(release.kf_id)(event))
    const mine = stream.events.filter(about(release.kf_id))
    const ofNoun = (noun: string) => mine.map(({ event }) => event).filter(event => event.startsWith(`${noun}.`))
    expect(ofNoun('release')).toEqual(
      ['created', 'initializing', 'running', 'staged', 'publishing', 'published'].map(verb => `release.${verb}`),
    )
    const steps = ['created', 'initialized', 'running', 'staged', 'publishing', 'published'].map(verb => `task.${verb}`)
    expect(ofNoun('task').filter(event => event !== 'task.progressed')).toEqual(steps)

    const last = mine.find(named('release.published'))
    expect(last?.data).toMatchObject({
      specversion: '1.0',
      type: 'slipway.v1.release.published',
      subject: release.kf_id,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      data: { state: 'published', previous_state: 'publishing', version: release.version, studies: release.studies },
    })
    expect(new Set(stream.events.map(({ data }) => data.id)).size).toBe(stream.events.length)
  })

  test('tells of every entry of the log, as notifications of it do', async () => {
    await using service = await participant(api)
    await using stream = await eventStream(url, { types: 'event.recorded' })
    const release = await published(service)
    const history = await historyOf(api, release.kf_id)
    const id = (link: string | null) => link?.slice(-11) ?? null
    for (const { kf_id } of history) await stream.until(named('event.recorded', kf_id))
    const told = stream.events.filter(({ data }) => data.data.release === release.kf_id).map(({ data }) => data.data)
    const expected = history.map(event => ({
      event_type: event.event_type,
      message: event.message,
      task_service: id(event.task_service),
      task: id(event.task),
      release: id(event.release),
    }))
    // The stream keeps the order of what happened to one resource; every entry of the log is one of its own.
    expect(told).toHaveLength(expected.length)
    expect(told).toEqual(expect.arrayContaining(expected))
    expect(Object.keys(told[0] ?? {})).toEqual(['event_type', 'message', 'task_service', 'task', 'release'])
  })
})

describe('a stream that was cut off', () => {
  test('goes on after the last event, and nothing is lost or doubled', async () => {
    await using service = await participant(api)
    await using whole = await eventStream(url)
    const mark = await given(api).event({ message: 'the very first' })
    const start = await whole.until(named('event.recorded', mark.kf_id))
    const release = published(service)
    const pieces: StreamedEvent[] = []
    const positionOf = () => pieces.at(-1)?.id ?? start.id
    for (const verb of ['created', 'running', 'publishing']) {
      await using stream = await eventStream(url, {}, positionOf())
      await stream.until(named(`release.${verb}`))
      pieces.push(...stream.events)
    }
    await given(api).event({ release: (await release).kf_id, message: 'the very last' })
    const isLast = ({ data }: StreamedEvent) => data.data.message === 'the very last'
    await using rest = await eventStream(url, {}, positionOf())
    await rest.until(isLast)
    await whole.until(isLast)
    pieces.push(...rest.events)
    const expected = whole.events.slice(whole.events.indexOf(start) + 1)
    expect(pieces.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
    expect(pieces).toEqual(expected)
  })

  test('may say in the address where it was', async () => {
    await using stream = await eventStream(url)
    const made = [await given(api).event({ message: 'one' }), await given(api).event({ message: 'two' })]
    const came = await Promise.all(made.map(({ kf_id }) => stream.until(named('event.recorded', kf_id))))
    const [earlier, later] = came.toSorted((a, b) => stream.events.indexOf(a) - stream.events.indexOf(b))
    await using again = await eventStream(url, { last_event_id: earlier?.id ?? '' })
    await again.until(({ id }) => id === later?.id)
    expect(again.events.map(({ id }) => id)).not.toContain(earlier?.id)
  })

  test.each(['nonsense', '999999999999'])('with an id that is none (%s) is told of the gap', async lastEventId => {
    await using stream = await eventStream(url, {}, lastEventId)
    const gap = await stream.until(named('gap'))
    expect(gap.data).toMatchObject({ lastEventId })
  })
})

describe('filters', () => {
  test('by release, by subject and by type', async () => {
    await using service = await participant(api)
    const release = await startRelease(api, [service])
    const id = release.kf_id
    await reaches(api, id, 'staged')
    await using before = await eventStream(url, { release: id }, '0')
    await before.until(named('release.staged', id))
    await using byRelease = await eventStream(url, { release: id })
    await using bySubject = await eventStream(url, { subject: id })
    await using byType = await eventStream(url, { types: 'release.published, task.*' })
    const other = await given(api).release({ studies: [studies.dogs] })
    await reaches(api, other.kf_id, 'staged')
    await admin.post(`/releases/${id}/publish`)
    await reaches(api, id, 'published')
    for (const stream of [byRelease, bySubject, byType]) await stream.until(named('release.published', id))
    for (const stream of [byRelease, byType]) await stream.until(named('task.publishing'))

    expect(byRelease.events.every(about(id))).toBe(true)
    expect(bySubject.events.every(({ data }) => data.subject === id)).toBe(true)
    const last = bySubject.events.map(({ event }) => event).slice(-2)
    expect(last).toEqual(['release.publishing', 'release.published'])
    expect(byType.events.every(({ event }) => event === 'release.published' || event.startsWith('task.'))).toBe(true)
  })

  test('that make no sense are refused', async () => {
    const { status, body } = await anonymous.get('/events/stream?types=a%20b')
    expect(status).toBe(400)
    expect(body).toBeTypeOf('object')
  })
})

test('many readers see the same', async () => {
  await using service = await participant(api)
  const streams = await Promise.all(Array.from({ length: 12 }, () => eventStream(url)))
  const { kf_id } = await published(service)
  for (const stream of streams) await stream.until(named('release.published', kf_id))
  const seen = streams.map(stream => stream.events.filter(about(kf_id)).map(({ id }) => id))
  const upTo = (ids: readonly string[], id = '') => ids.slice(0, ids.indexOf(id) + 1)
  const end = streams[0]?.events.find(named('release.published', kf_id))?.id
  expect(new Set(seen.map(ids => upTo(ids, end).join())).size).toBe(1)
  for (const stream of streams) await stream[Symbol.asyncDispose]()
})
