import { beforeAll, describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import type { CallerName } from './support/callers.ts'
import { given } from './support/given.ts'
import { studies } from './support/resources.ts'
import { type Participant, participant, reaches } from './support/saga.ts'

let service: Participant
/** A staged release with studies of the member's groups. */
let release: string
beforeAll(async () => {
  service = await participant(api)
  release = await stagedRelease([studies.cats, studies.dogs])
  return () => service[Symbol.asyncDispose]()
})

async function stagedRelease(of: readonly string[]) {
  const { kf_id } = await given(api).release({ studies: of })
  await reaches(api, kf_id, 'staged')
  return kf_id
}

const callers: readonly CallerName[] = ['anonymous', 'user', 'member', 'dev', 'admin', 'machine']

/** Who may; the others are refused with these words, those without credentials with others. */
const everybody = { allowed: callers, refusal: '' }
const developers = { allowed: ['dev', 'admin', 'machine'], refusal: 'Must be a developer' }
const administrators = { allowed: ['admin', 'machine'], refusal: 'Must be an admin' }
const releaseAdministrators = { allowed: ['admin', 'machine'], refusal: 'Not allowed' }
const members = { allowed: ['member', 'admin', 'machine'], refusal: 'Not allowed' }

type Call = {
  readonly name: string
  readonly method: string
  readonly right: { readonly allowed: readonly string[]; readonly refusal: string }
  readonly success: number
  /** Where and what to send; asked for anew for every caller. */
  readonly path: () => Promise<string> | string
  readonly body?: () => object
}

const made = async (path: string, making: Promise<{ kf_id: string }>) => `${path}/${(await making).kf_id}`
const newNote = () => made('/release-notes', given(api).note({ release }))
const newEvent = () => made('/events', given(api).event())
const newTask = () => made('/tasks', given(api).task({ release, task_service: service.id }))
const newService = () => made('/task-services', given(api).taskService(service.url))
const serviceBody = () => ({ name: 'n', description: 'd', author: 'a', url: service.url, enabled: false })
const taskBody = () => ({ release, task_service: service.id })
const releaseBody = () => ({ name: 'n', studies: [studies.cats] })

const read = (name: string, path: () => Promise<string> | string): Call[] =>
  ['GET', 'HEAD'].map(method => ({ name, method, right: everybody, success: 200, path }))
const call = (
  [method, name]: readonly [string, string],
  right: Call['right'],
  success: number,
  path: Call['path'],
  body?: Call['body'],
): Call => ({ name, method, right, success, path, ...(body && { body }) })

const calls: readonly Call[] = [
  ...read('/', () => '/'),
  ...['/tasks', '/task-services', '/releases', '/release-notes', '/events', '/studies'].flatMap(path =>
    read(path, () => path),
  ),
  ...read('/tasks/{id}', newTask),
  ...read('/task-services/{id}', () => `/task-services/${service.id}`),
  ...read('/releases/{id}', () => `/releases/${release}`),
  ...read('/release-notes/{id}', newNote),
  ...read('/events/{id}', newEvent),
  ...read('/studies/{id}', () => `/studies/${studies.cats}`),
  ...read('/studies/{id}/releases', () => `/studies/${studies.cats}/releases`),
  ...read('/studies/{id}/releases/{re}', () => `/studies/${studies.cats}/releases/${release}`),

  call(['POST', '/tasks'], administrators, 201, () => '/tasks', taskBody),
  call(['PATCH', '/tasks/{id}'], administrators, 200, newTask, () => ({ progress: 10 })),
  call(['PUT', '/tasks/{id}'], administrators, 200, newTask, taskBody),
  call(['DELETE', '/tasks/{id}'], administrators, 405, newTask),
  call(['POST', '/tasks/status_checks'], everybody, 200, () => '/tasks/status_checks'),

  call(['POST', '/task-services'], developers, 201, () => '/task-services', serviceBody),
  call(['PATCH', '/task-services/{id}'], developers, 200, newService, () => ({ name: 'x' })),
  call(['PUT', '/task-services/{id}'], developers, 200, newService, serviceBody),
  call(['DELETE', '/task-services/{id}'], developers, 204, newService),
  call(['POST', '/task-services/health_checks'], everybody, 200, () => '/task-services/health_checks'),

  call(['POST', '/releases of own studies'], members, 201, () => '/releases', releaseBody),
  call(
    ['POST', '/releases of others'],
    releaseAdministrators,
    201,
    () => '/releases',
    () => ({ name: 'n', studies: [studies.cats, studies.birds] }),
  ),
  call(
    ['PATCH', '/releases/{id}'],
    releaseAdministrators,
    200,
    () => `/releases/${release}`,
    () => ({ name: 'x' }),
  ),
  call(['PUT', '/releases/{id}'], releaseAdministrators, 200, () => `/releases/${release}`, releaseBody),
  call(
    ['DELETE', '/releases/{id}'],
    releaseAdministrators,
    200,
    async () => `/releases/${await stagedRelease([studies.cats])}`,
  ),
  call(
    ['POST', '/releases/{id}/publish of own studies'],
    members,
    200,
    async () => `/releases/${await stagedRelease([studies.cats, studies.dogs])}/publish`,
  ),
  call(
    ['POST', '/releases/{id}/publish of others'],
    releaseAdministrators,
    200,
    async () => `/releases/${await stagedRelease([studies.cats, studies.birds])}/publish`,
  ),
  call(['POST', '/releases/status_checks'], everybody, 200, () => '/releases/status_checks'),

  call(
    ['POST', '/release-notes'],
    administrators,
    201,
    () => '/release-notes',
    () => ({ description: 'd', release }),
  ),
  call(['PATCH', '/release-notes/{id}'], administrators, 200, newNote, () => ({ description: 'x' })),
  call(['PUT', '/release-notes/{id}'], administrators, 200, newNote, () => ({ description: 'd', release })),
  call(['DELETE', '/release-notes/{id}'], administrators, 204, newNote),

  call(
    ['POST', '/events'],
    everybody,
    201,
    () => '/events',
    () => ({ message: 'm' }),
  ),
  call(['PATCH', '/events/{id}'], administrators, 200, newEvent, () => ({ message: 'x' })),
  call(['PUT', '/events/{id}'], administrators, 200, newEvent, () => ({ message: 'm' })),
  call(['DELETE', '/events/{id}'], administrators, 204, newEvent),

  ...['POST', 'PUT', 'PATCH', 'DELETE'].flatMap(method => [
    call([method, '/studies'], everybody, 405, () => '/studies'),
    call([method, '/studies/{id}'], everybody, 405, () => `/studies/${studies.cats}`),
  ]),
  call(['POST', '/studies/sync'], everybody, 200, () => '/studies/sync'),
]

const rows = calls.flatMap(one =>
  callers.map(caller => {
    const isAllowed = one.right.allowed.includes(caller)
    return { ...one, caller, status: isAllowed ? one.success : 403, isAllowed }
  }),
)

describe('who may what', () => {
  test.each(rows)(
    '$method $name by $caller: $status',
    async ({ method, path, body, caller, status, isAllowed, right }) => {
      const headers = { 'content-type': 'application/json' }
      const message = body ? { headers, body: JSON.stringify(body()) } : {}
      const answer = await api[caller].send(method, await path(), message)
      expect(answer.status, answer.text).toBe(status)
      if (isAllowed) return
      const anonymous = 'Authentication credentials were not provided.'
      expect(answer.body).toEqual({ detail: caller === 'anonymous' ? anonymous : right.refusal })
    },
  )
})

describe('studies of a new release decide who may start it', () => {
  const start = (caller: CallerName, body: object) => api[caller].post('/releases', body)

  test.each<CallerName>(['member', 'user', 'dev'])(
    '%s: none named is refused, an empty list is a fault',
    async caller => {
      expect(await start(caller, { name: 'n' })).toMatchObject({ status: 403, body: { detail: 'Not allowed' } })
      expect(await start(caller, { name: 'n', studies: [] })).toMatchObject({
        status: 400,
        body: { studies: ['Must have at least one study'] },
      })
    },
  )

  test('null is refused, not a fault of the server', async () => {
    const { status } = await start('member', { name: 'n', studies: null })
    expect([400, 403]).toContain(status)
  })

  test('one foreign study is enough to be refused', async () => {
    const foreign = { name: 'n', studies: [studies.cats, studies.dogs, studies.dipg] }
    expect(await start('member', foreign)).toMatchObject({ status: 403, body: { detail: 'Not allowed' } })
    expect((await start('member', { name: 'n', studies: [studies.cats, studies.dogs] })).status).toBe(201)
  })
})
