import { beforeAll, describe, expect } from 'vitest'
import { api } from '../support/api.ts'
import { type BadRequest, refusesAll } from '../support/bad-request.ts'
import { given } from '../support/given.ts'
import { json } from '../support/http-client.ts'
import { studies } from '../support/resources.ts'
import { type Participant, participant, reaches, taskReaches } from '../support/saga.ts'

/** Records that bad requests are aimed at. */
const of = { staged: '', published: '', canceled: '', task: '', endedTask: '', note: '', event: '', service: '' }
let service: Participant
beforeAll(async () => {
  service = await participant(api)
  of.service = service.id
  const { release, task, note, event } = given(api)
  for (const name of ['staged', 'published', 'canceled'] as const) {
    of[name] = (await release({ studies: [studies.cats] })).kf_id
    await reaches(api, of[name], 'staged')
  }
  of.task = (await task({ release: of.staged, task_service: service.id, state: 'staged' })).kf_id
  of.endedTask = (await task({ release: of.staged, task_service: service.id, state: 'canceled' })).kf_id
  of.note = (await note({ release: of.staged })).kf_id
  of.event = (await event({ release: of.staged })).kf_id
  await api.admin.post(`/releases/${of.published}/publish`)
  await api.admin.delete(`/releases/${of.canceled}`)
  await reaches(api, of.published, 'published')
  await reaches(api, of.canceled, 'canceled')
  await taskReaches(api, of.task, 'staged')
  return () => service[Symbol.asyncDispose]()
})

const at =
  (list: string, name: keyof typeof of, action = '') =>
  () =>
    `/${list}/${of[name]}${action}`
const post = (
  path: string,
  what: string,
  message: BadRequest['message'],
  status: number,
  body?: unknown,
): BadRequest => ({
  what,
  method: 'POST',
  path,
  ...(message && { message }),
  status,
  ...(body !== undefined && { body }),
})
const patch = (path: () => string, what: string, change: object, body: unknown): BadRequest => ({
  what,
  method: 'PATCH',
  path,
  message: json(change),
  status: 400,
  body,
})

describe('values of the wrong kind', () => {
  const base = { name: 'x', studies: [studies.cats] }
  refusesAll(api, [
    post('/releases', 'a name that is a list', json({ ...base, name: ['x'] }), 400, { name: ['Not a valid string.'] }),
    post('/releases', 'studies that are a text', json({ ...base, studies: studies.cats }), 400, {
      studies: ['Expected a list of items but got type "str".'],
    }),
    post('/releases', 'studies that are null', json({ ...base, studies: null }), 400, {
      studies: ['This field may not be null.'],
    }),
    post('/releases', 'an unknown study', json({ ...base, studies: ['SD_AAAAAAAA'] }), 400, {
      studies: ['Invalid pk "SD_AAAAAAAA" - object does not exist.'],
    }),
    post('/releases', 'SQL for a study', json({ ...base, studies: ["' or 1=1 --"] }), 400, {
      studies: [`Invalid pk "' or 1=1 --" - object does not exist.`],
    }),
    post('/releases', 'U+0000 in a study', json({ ...base, studies: ['SD_\u0000'] }), 400, {
      studies: [expect.any(String)],
    }),
    post('/releases', 'U+0000 in a tag', json({ ...base, tags: ['a\u0000'] }), 400, {
      tags: { 0: ['Null characters are not allowed.'] },
    }),
    post('/releases', 'tags that are an object', json({ ...base, tags: {} }), 400, {
      tags: ['Expected a list of items but got type "dict".'],
    }),
    post('/releases', 'a name of half a megabyte', json({ ...base, name: 'x'.repeat(500_000) }), 400, {
      name: ['Ensure this field has no more than 256 characters.'],
    }),
    post(
      '/tasks',
      'a state that is none',
      () => json({ release: of.staged, task_service: of.service, state: 'banana' }),
      400,
      { state: ['"banana" is not a valid choice.'] },
    ),
    post(
      '/tasks',
      'a service that is not there',
      () => json({ release: of.staged, task_service: 'TS_00000000' }),
      400,
      { task_service: ['Invalid hyperlink - Object does not exist.'] },
    ),
    post('/release-notes', 'a release that is null', json({ description: 'x', release: null }), 400, {
      release: ['This field may not be null.'],
    }),
    post(
      '/release-notes',
      'a release of another kind',
      () => json({ description: 'x', release: `/tasks/${of.task}` }),
      400,
      { release: ['Invalid hyperlink - Incorrect URL match.'] },
    ),
    post('/events', 'U+0000 in a link', json({ message: 'x', release: '/releases/RE_\u0000' }), 400, {
      release: [expect.any(String)],
    }),
    post('/events', 'a type that is none', json({ message: 'x', event_type: 'fatal' }), 400, {
      event_type: ['"fatal" is not a valid choice.'],
    }),
    patch(
      at('tasks', 'task'),
      'too much progress',
      { progress: 101 },
      { progress: ['Ensure this value is less than or equal to 100.'] },
    ),
    patch(at('tasks', 'task'), 'progress beyond all numbers', { progress: 1e21 }, { progress: [expect.any(String)] }),
    patch(
      at('events', 'event'),
      'a message of blanks',
      { message: '   ' },
      { message: ['This field may not be blank.'] },
    ),
  ])
})

describe('steps that are not allowed', () => {
  const refused = (state: string) => ({ detail: `The release in state ${state} may not be published.` })
  const publish = (name: 'published' | 'canceled'): BadRequest => ({
    what: `publishing what is ${name}`,
    method: 'POST',
    path: at('releases', name, '/publish'),
    status: 400,
    body: refused(name),
  })
  const cannot = (from: string, to: string) => ({ state: [`Can not change from ${from} to ${to}.`] })
  refusesAll(api, [
    publish('published'),
    publish('canceled'),
    patch(
      at('releases', 'published'),
      'other studies for what is published',
      { studies: [studies.dogs] },
      { studies: [expect.any(String)] },
    ),
    patch(
      at('releases', 'canceled'),
      'another kind for what is canceled',
      { is_major: true },
      { is_major: [expect.any(String)] },
    ),
    patch(
      at('tasks', 'endedTask'),
      'reviving a canceled task',
      { state: 'staged', progress: 5 },
      cannot('canceled', 'staged'),
    ),
    patch(
      at('tasks', 'task'),
      'publishing a task before its release',
      { state: 'published' },
      cannot('staged', 'published'),
    ),
    patch(at('tasks', 'task'), 'a step back', { state: 'running' }, cannot('staged', 'running')),
  ])
})
