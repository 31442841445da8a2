import {
  logEventOperations,
  releaseNoteOperations,
  releaseOperations,
  studyOperations,
  taskOperations,
} from '@slipway/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, baseUrl, type Release, type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

let coordinator: RunningCoordinator
let release: Release

beforeAll(async () => {
  coordinator = await startCoordinator()
  await coordinator.addStudies('SD_AAAAAAAA', 'SD_BBBBBBBB', 'SD_CCCCCCCC')
  const { kf_id } = await coordinator.startRelease(['SD_BBBBBBBB', 'SD_AAAAAAAA', 'SD_BBBBBBBB'])
  release = await coordinator.reaches(kf_id, 'staged')
})
afterAll(() => coordinator?.[Symbol.asyncDispose]())

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z$/

describe('a release', () => {
  it('reads in the order of the API, with its studies as given', async () => {
    const { body } = await coordinator.bus.request(releaseOperations.get, { kf_id: release.kf_id }, as('nobody'))
    const text = Buffer.from(body).toString()
    expect(Object.keys(JSON.parse(text))).toEqual([
      'kf_id',
      'name',
      'description',
      'notes',
      'state',
      'studies',
      'tasks',
      'version',
      'created_at',
      'tags',
      'author',
      'is_major',
    ])
    expect(release.studies).toEqual(['SD_BBBBBBBB', 'SD_AAAAAAAA'])
    expect(release.created_at).toMatch(isoTime)
  })

  it.each([
    ['nobody', ['SD_AAAAAAAA'], 'unauthenticated'],
    ['dev', ['SD_AAAAAAAA'], 'forbidden'],
    ['user', ['SD_CCCCCCCC'], 'forbidden'],
    ['user', null, 'forbidden'],
    ['user', undefined, 'forbidden'],
    ['user', [], 'invalid'],
  ] as const)('is not started by %s over %j: %s', async (person, studies, code) => {
    const body = { name: 'not made', studies } as never
    await expect(coordinator.bus.call(releaseOperations.create, { body }, as(person))).rejects.toMatchObject({ code })
  })

  it('is started by a user over studies of the own groups, given as links, too', async () => {
    const body = { name: 'own', studies: [`${baseUrl}/studies/SD_AAAAAAAA`, 'SD_BBBBBBBB'] }
    const made = await coordinator.bus.call(releaseOperations.create, { body }, as('user'))
    expect(made).toMatchObject({ studies: ['SD_AAAAAAAA', 'SD_BBBBBBBB'], author: 'admin', tags: [], is_major: false })
    await coordinator.reaches(made.kf_id, 'staged')
    const publish = coordinator.bus.call(releaseOperations.publish, { kf_id: made.kf_id }, as('user'))
    expect(await publish).toEqual({ message: 'publishing' })
  })

  it('names everything that is wrong at once, in the order of the fields', async () => {
    const body = { description: true, studies: ['SD_AAAAAAAA', 'SD_NOSUCHID'], tags: ['fine', ''], is_major: 'maybe' }
    const call = coordinator.bus.call(releaseOperations.create, { body: body as never }, as('admin'))
    await expect(call).rejects.toMatchObject({
      code: 'invalid',
      details: [
        { path: ['name'], message: 'This field is required.' },
        { path: ['description'], message: 'Not a valid string.' },
        { path: ['tags', '1'], message: 'This field may not be blank.' },
        { path: ['is_major'], message: 'Must be a valid boolean.' },
        { path: ['studies'], message: 'Invalid pk "SD_NOSUCHID" - object does not exist.' },
      ],
    })
  })

  it('can be redescribed after it has ended, but not changed in what it is about', async () => {
    const { kf_id } = await coordinator.startRelease()
    await coordinator.reaches(kf_id, 'staged')
    await coordinator.bus.call(releaseOperations.cancel, { kf_id }, as('admin'))
    await coordinator.reaches(kf_id, 'canceled')
    const patch = (body: object) => coordinator.bus.call(releaseOperations.update, { kf_id, body }, as('admin'))
    expect(await patch({ tags: ['late'], studies: ['SD_AAAAAAAA'], is_major: false })).toMatchObject({ tags: ['late'] })
    await expect(patch({ name: 'no', is_major: true })).rejects.toMatchObject({ details: [{ path: ['is_major'] }] })
    await expect(patch({ studies: ['SD_BBBBBBBB'] })).rejects.toMatchObject({ details: [{ path: ['studies'] }] })
    expect(await coordinator.release(kf_id)).toMatchObject({ name: 'a release', tags: ['late'] })
  })

  it.each(['cancel', 'publish', 'update', 'get'] as const)(
    'that does not exist is not found by %s',
    async operation => {
      const input = { kf_id: 'RE_NOSUCHID', body: { name: 'x' } }
      const call = coordinator.bus.call(releaseOperations[operation], input as never, as('admin'))
      await expect(call).rejects.toMatchObject({ code: 'not_found', message: 'Not found.' })
    },
  )
})

describe('lists', () => {
  it('page newest first with exact counts and links that keep the parameters', async () => {
    const call = (input: object) => coordinator.bus.call(releaseOperations.list, input, as('nobody'))
    const all = await call({ limit: 1000 })
    expect(all.count).toBe(all.results.length)
    const created = all.results.map(({ created_at }) => created_at)
    expect(created).toEqual(created.toSorted().toReversed())
    const second = await call({ limit: 1, offset: 1, parameters: { limit: ['1'], offset: ['1'], zeta: ['a', 'b'] } })
    expect(second).toMatchObject({
      count: all.count,
      next: `${baseUrl}/releases?limit=1&offset=2&zeta=a&zeta=b`,
      previous: `${baseUrl}/releases?limit=1&zeta=a&zeta=b`,
    })
    expect(second.results).toEqual([all.results[1]])
    const beyond = await call({ offset: 100_000 })
    expect(beyond).toMatchObject({ count: all.count, results: [], next: null })
    const staged = await call({ state: 'staged', limit: 1000 })
    expect(staged.count).toBe(all.results.filter(({ state }) => state === 'staged').length)
    expect(await call({ state: 'banana' })).toMatchObject({ count: 0, results: [] })
  })

  it('of tasks and notes refuse relations that lead nowhere, all at once', async () => {
    const filter = { release: 'RE_NOSUCHID', task_service: 'TS_NOSUCHID' }
    await expect(coordinator.bus.call(taskOperations.list, filter, as('nobody'))).rejects.toMatchObject({
      details: [{ path: ['release'] }, { path: ['task_service'] }],
    })
    const notes = coordinator.bus.call(releaseNoteOperations.list, { study: 'SD_NOSUCHID' }, as('nobody'))
    await expect(notes).rejects.toMatchObject({ details: [{ path: ['study'] }] })
    expect(
      await coordinator.bus.call(taskOperations.list, { release: '', state: 'nonsense' }, as('nobody')),
    ).toMatchObject({
      count: 0,
    })
  })

  it('of events find nothing for an unknown or empty id', async () => {
    for (const filter of [{ release: 'RE_NOSUCHID' }, { release: '' }, { task: '' }, { study: 'SD_NOSUCHID' }]) {
      expect(await coordinator.bus.call(logEventOperations.list, filter, as('nobody'))).toMatchObject({ count: 0 })
    }
    const ofStudy = await coordinator.bus.call(logEventOperations.list, { study: 'SD_BBBBBBBB' }, as('nobody'))
    expect(ofStudy.count).toBeGreaterThan(0)
  })
})

describe('release notes', () => {
  const call = (
    operation: keyof typeof releaseNoteOperations,
    input: object,
    person: 'admin' | 'dev' | 'nobody' = 'admin',
  ) => coordinator.bus.request(releaseNoteOperations[operation], input as never, as(person))
  const parse = (body: Uint8Array) => JSON.parse(Buffer.from(body).toString())

  it('are written, changed and deleted, and show in their release', async () => {
    const body = {
      description: '  more cats ',
      release: `http://elsewhere/releases/${release.kf_id}`,
      study: 'SD_AAAAAAAA',
    }
    const created = await call('create', { body })
    expect(created.status).toBe(201)
    const note = parse(created.body)
    expect(note).toEqual({
      kf_id: expect.stringMatching(/^RN_[0-9A-HJKMNP-TV-Z]{8}$/),
      description: 'more cats',
      author: 'admin',
      created_at: expect.stringMatching(isoTime),
      release: `${baseUrl}/releases/${release.kf_id}`,
      study: `${baseUrl}/studies/SD_AAAAAAAA`,
    })
    expect((await coordinator.release(release.kf_id)).notes).toEqual([note])
    const { kf_id } = note
    expect(parse((await call('update', { kf_id, body: { study: '' } })).body)).toEqual({ ...note, study: null })
    const replaced = await call('replace', { kf_id, body: { description: 'dogs', release: release.kf_id } })
    expect(parse(replaced.body)).toMatchObject({ description: 'dogs', study: null })
    expect((await call('delete', { kf_id })).status).toBe(204)
    await expect(call('delete', { kf_id })).rejects.toMatchObject({ code: 'not_found' })
    const events = await coordinator.store.read<{ verb: string; sequence: number }>(
      { name: 'test-note-events', text: 'select verb, sequence from platform.outbox where aggregate = $1 order by id' },
      [kf_id],
    )
    expect(events.map(event => `${event.sequence} ${event.verb}`)).toEqual([
      '1 created',
      '2 updated',
      '3 updated',
      '4 deleted',
    ])
  })

  it.each([
    ['create', 'nobody', 'unauthenticated'],
    ['create', 'dev', 'forbidden'],
    ['update', 'dev', 'forbidden'],
    ['delete', 'nobody', 'unauthenticated'],
  ] as const)('are not for everybody: %s by %s is %s', async (operation, person, code) => {
    const input = { kf_id: 'RN_NOSUCHID', body: { description: 'x', release: release.kf_id } }
    await expect(call(operation, input, person)).rejects.toMatchObject({ code })
  })

  it.each([
    [{ description: 'x', release: null }, 'This field may not be null.'],
    [{ description: 'x', release: 'RE_NOSUCHID' }, 'Invalid hyperlink - Object does not exist.'],
    [{ description: 'x', release: '/studies/SD_AAAAAAAA' }, 'Invalid hyperlink - Incorrect URL match.'],
    [{ description: 'x', release: 'nowhere' }, 'Invalid hyperlink - No URL match.'],
    [{ description: 'x', release: 5 }, 'Incorrect type. Expected URL string, received int.'],
  ])('refuse %j', async (body, message) => {
    await expect(call('create', { body })).rejects.toMatchObject({ details: [{ path: ['release'], message }] })
  })
})

describe('the log', () => {
  it('takes entries of anybody, and changes of administrators only', async () => {
    const body = { message: 'seen', release: release.kf_id, task: '', study: 'ignored' }
    const made = await coordinator.bus.call(logEventOperations.create, { body } as never, as('nobody'))
    expect(made).toMatchObject({ event_type: 'info', release: `${baseUrl}/releases/${release.kf_id}`, task: null })
    const { kf_id } = made
    const patch = (person: 'nobody' | 'dev' | 'admin') =>
      coordinator.bus.call(logEventOperations.update, { kf_id, body: { event_type: 'warning' } }, as(person))
    await expect(patch('nobody')).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(patch('dev')).rejects.toMatchObject({ code: 'forbidden' })
    expect(await patch('admin')).toEqual({ ...made, event_type: 'warning' })
    await coordinator.bus.call(logEventOperations.delete, { kf_id }, as('admin'))
    await expect(coordinator.bus.call(logEventOperations.get, { kf_id }, as('nobody'))).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('counts every entry, also after deletions', async () => {
    const count = async () => (await coordinator.bus.call(logEventOperations.list, {}, as('nobody'))).count
    const before = await count()
    const add = () => coordinator.bus.call(logEventOperations.create, { body: { message: 'one' } }, as('nobody'))
    const made = await Promise.all(Array.from({ length: 30 }, add))
    expect(await count()).toBe(before + 30)
    await Promise.all(made.map(({ kf_id }) => coordinator.bus.call(logEventOperations.delete, { kf_id }, as('admin'))))
    expect(await count()).toBe(before)
  })
})

describe('tasks by hand', () => {
  it('are rows of a release, in the state that is given', async () => {
    const service = await coordinator.register('http://127.0.0.1:9')
    const body = {
      release: release.kf_id,
      task_service: `${baseUrl}/task-services/${service.kf_id}`,
      state: 'pending' as const,
    }
    const made = await coordinator.bus.call(taskOperations.create, { body }, as('admin'))
    expect(made).toMatchObject({
      state: 'initialized',
      progress: 0,
      service_name: service.name,
      task_service: `${baseUrl}/task-services/${service.kf_id}`,
    })
    expect((await coordinator.release(release.kf_id)).state).toBe('staged')
    const found = await coordinator.bus.call(taskOperations.list, { task_service: service.kf_id }, as('nobody'))
    expect(found.results).toEqual([made])
    await coordinator.remove(service)
  })
})

describe('studies', () => {
  it('know the newest release with them, and the newest published one', async () => {
    const study = () => coordinator.bus.call(studyOperations.get, { kf_id: 'SD_CCCCCCCC' }, as('nobody'))
    expect(await study()).toMatchObject({ version: null, last_pub_version: null, last_pub_date: null, visible: true })
    const first = await coordinator.startRelease(['SD_CCCCCCCC'])
    await coordinator.reaches(first.kf_id, 'staged')
    expect(await study()).toMatchObject({ version: first.version, last_pub_version: null })
    const second = await coordinator.startRelease(['SD_CCCCCCCC'])
    await coordinator.reaches(second.kf_id, 'staged')
    for (const { kf_id } of [second, first]) {
      await coordinator.bus.call(releaseOperations.publish, { kf_id }, as('admin'))
    }
    const published = await coordinator.reaches(second.kf_id, 'published')
    expect(await study()).toMatchObject({
      version: published.version,
      last_pub_version: published.version,
      last_pub_date: published.created_at,
    })
    const releases = await coordinator.bus.call(studyOperations.releases, { kf_id: 'SD_CCCCCCCC' }, as('nobody'))
    expect(releases.results.map(({ kf_id }) => kf_id)).toEqual([second.kf_id, first.kf_id])
    const one = { kf_id: 'SD_CCCCCCCC', release: second.kf_id }
    expect(await coordinator.bus.call(studyOperations.release, one, as('nobody'))).toEqual(releases.results[0])
    await expect(
      coordinator.bus.call(studyOperations.release, { ...one, release: release.kf_id }, as('nobody')),
    ).rejects.toMatchObject({ code: 'not_found' })
  })
})
