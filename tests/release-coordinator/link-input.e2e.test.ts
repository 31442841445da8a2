import { beforeAll, describe, expect, test } from 'vitest'
import { api, url } from './support/api.ts'
import { given } from './support/given.ts'
import { statusAndBody } from './support/http-client.ts'
import { type Kind, type Release, studies, type Task, unknownId } from './support/resources.ts'
import { type Participant, participant } from './support/saga.ts'

const { admin } = api
let release: Release
let task: Task
let service: Participant
beforeAll(async () => {
  service = await participant(api)
  release = await given(api).release()
  task = await given(api).task({ release: release.kf_id, task_service: service.id })
  return () => service[Symbol.asyncDispose]()
})

type Field = { readonly list: string; readonly field: string; readonly kind: Kind; readonly nullable: boolean }

/** Every link that a body may hold. */
const fields: readonly Field[] = [
  { list: '/release-notes', field: 'release', kind: 'releases', nullable: false },
  { list: '/release-notes', field: 'study', kind: 'studies', nullable: true },
  { list: '/events', field: 'release', kind: 'releases', nullable: true },
  { list: '/events', field: 'task_service', kind: 'task-services', nullable: true },
  { list: '/events', field: 'task', kind: 'tasks', nullable: true },
  { list: '/tasks', field: 'release', kind: 'releases', nullable: false },
  { list: '/tasks', field: 'task_service', kind: 'task-services', nullable: false },
]

const idFor = (kind: Kind): string =>
  ({
    tasks: task.kf_id,
    'task-services': service.id,
    releases: release.kf_id,
    'release-notes': unknownId['release-notes'],
    events: unknownId.events,
    studies: studies.cats,
  })[kind]

const send = ({ list, field }: Field, value: unknown) => {
  const others = {
    '/release-notes': { description: 'linked', release: release.kf_id },
    '/events': { message: 'linked' },
    '/tasks': { release: release.kf_id, task_service: service.id },
  }
  return admin.post<Record<string, unknown>>(list, { ...others[list as keyof typeof others], [field]: value })
}

describe.each(fields)('$field of $list', link => {
  const { field, kind, nullable } = link
  const other: Kind = kind === 'releases' ? 'studies' : 'releases'

  test.each<[string, () => string]>([
    ['a bare id', () => idFor(kind)],
    ['a path', () => `/${kind}/${idFor(kind)}`],
    ['a URL of this host', () => `${url}/${kind}/${idFor(kind)}`],
    ['a URL of any host', () => `https://kf-release-coord.kidsfirstdrc.org/${kind}/${idFor(kind)}`],
    ['blanks around a URL', () => ` http://elsewhere/${kind}/${idFor(kind)} `],
  ])('takes %s', async (_what, value) => {
    const { status, body } = await send(link, value())
    expect([status, body[field]]).toEqual([201, `${url}/${kind}/${idFor(kind)}`])
  })

  test.each<[string, () => unknown, string]>([
    ['nothing of that id', () => unknownId[kind], 'Invalid hyperlink - Object does not exist.'],
    ['a URL of nothing', () => `${url}/${kind}/${unknownId[kind]}`, 'Invalid hyperlink - Object does not exist.'],
    ['another kind', () => `${url}/${other}/${idFor(other)}`, 'Invalid hyperlink - Incorrect URL match.'],
    ['a path of another kind', () => `/${other}/${idFor(other)}`, 'Invalid hyperlink - Incorrect URL match.'],
    ['a path that is none', () => `/nowhere/${idFor(kind)}`, 'Invalid hyperlink - No URL match.'],
    ['a URL without a path', () => 'https://example.org', 'Invalid hyperlink - No URL match.'],
    ['plain text', () => 'the one from yesterday', 'Invalid hyperlink - No URL match.'],
    ['a number', () => 5, 'Incorrect type. Expected URL string, received int.'],
    ['a boolean', () => true, 'Incorrect type. Expected URL string, received bool.'],
    ['a list', () => [idFor(kind)], 'Incorrect type. Expected URL string, received list.'],
    ['an object', () => ({ kf_id: idFor(kind) }), 'Incorrect type. Expected URL string, received dict.'],
  ])('refuses %s', async (_what, value, text) => {
    expect(statusAndBody(await send(link, value()))).toEqual([400, { [field]: [text] }])
  })

  if (nullable) {
    test.each([null, ''])('takes %j for none', async value => {
      const { status, body } = await send(link, value)
      expect([status, body[field]]).toEqual([201, null])
    })
  } else {
    test.each([null, ''])('refuses %j', async value => {
      expect(statusAndBody(await send(link, value))).toEqual([400, { [field]: ['This field may not be null.'] }])
    })

    test('refuses to be left out', async () => {
      expect(statusAndBody(await send(link, undefined))).toEqual([400, { [field]: ['This field is required.'] }])
    })
  }
})

test('all wrong links are told at once', async () => {
  const body = { message: 'x', release: 5, task: '/nowhere/TA_00000000', task_service: unknownId['task-services'] }
  expect(statusAndBody(await admin.post('/events', body))).toEqual([
    400,
    {
      release: ['Incorrect type. Expected URL string, received int.'],
      task: ['Invalid hyperlink - No URL match.'],
      task_service: ['Invalid hyperlink - Object does not exist.'],
    },
  ])
})

test('a link can be changed and taken away', async () => {
  const { kf_id } = await given(api).note({ release: release.kf_id })
  const patch = async (body: object) =>
    (await admin.patch<{ study: string | null }>(`/release-notes/${kf_id}`, body)).body
  expect((await patch({ study: studies.cats })).study).toBe(`${url}/studies/${studies.cats}`)
  expect((await patch({ study: `/studies/${studies.dogs}` })).study).toBe(`${url}/studies/${studies.dogs}`)
  expect((await patch({ description: 'still there' })).study).toBe(`${url}/studies/${studies.dogs}`)
  expect((await patch({ study: null })).study).toBeNull()
})
