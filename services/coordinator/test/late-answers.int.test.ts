import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { reportedFileOperations, studyImportOperations, studyOperations, taskOperations } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { eventually, identityToken } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findTask } from '../src/platform-task/platform-task.store.ts'
import { createStopTask } from '../src/platform-task/stop-task.ts'
import { createReleaseChanges } from '../src/release/release-changes.ts'
import { as, type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

/** Answers what the tests open, each request when they say so. */
const requests: { readonly path: string; readonly response: ServerResponse }[] = []
const origin = createServer((request, response) => requests.push({ path: request.url ?? '', response }))
let url: string
let coordinator: RunningCoordinator

beforeAll(async () => {
  origin.listen(0, '127.0.0.1')
  await once(origin, 'listening')
  url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
  coordinator = await startCoordinator({ DATASERVICE_URL: url, REQUEST_TIMEOUT: '20' })
})
afterAll(async () => {
  await coordinator?.[Symbol.asyncDispose]()
  origin.closeAllConnections()
  origin.close()
})

const run = (name: string, text: string, ...values: unknown[]) =>
  coordinator.store.write<Record<string, unknown>>({ name: `test.${name}`, text } satisfies Statement, values)

async function asked(path: string): Promise<ServerResponse> {
  return eventually(() => {
    const found = requests.find(request => request.path.startsWith(path))
    if (!found) throw new Error(`nobody has asked for ${path}`)
    return found.response
  })
}

const file = (name: string) => ({ name, url: `https://files.example.org/${name}` })

it('a report of a task service is not undone by an older answer of it', async () => {
  const subject = 'task-service.reporting'
  let asks = 0
  const again = Promise.withResolvers<void>()
  await coordinator.bus.serveRaw(`${subject}.tasks`, subject, async bytes => {
    const { action, task_id } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { action: string; task_id: string }
    if (action === 'start') return { body: { task_id, state: 'running' } }
    if (action !== 'get_status') return { body: { task_id } }
    asks += 1
    if (asks === 2) again.resolve()
    if (asks > 1) return { body: { task_id, state: 'running' } }
    const body = { progress: 80, files: [file('new.txt')] }
    await coordinator.bus.call(taskOperations.update, { kf_id: task_id, body }, as('admin'))
    return { body: { task_id, state: 'running', progress: 40, files: [file('old.txt')] } }
  })
  const service = await coordinator.register(`nats://${subject}`)
  const { kf_id } = await coordinator.startRelease()
  // One thing at a time is asked of a task: by then the first answer was taken over.
  await again.promise
  const [task] = (await coordinator.release(kf_id)).tasks
  expect(task).toMatchObject({ state: 'running', progress: 80 })
  const { files } = await coordinator.bus.call(reportedFileOperations.list, { task: task?.kf_id ?? '' }, as('admin'))
  expect(files.map(({ name }) => name)).toEqual(['new.txt'])
  await coordinator.remove(service)
})

it('a task that is to be stopped is answered as that request left it', async () => {
  const subject = 'task-service.patient'
  await coordinator.bus.serveRaw(`${subject}.tasks`, subject, async bytes => {
    const { action, task_id } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { action: string; task_id: string }
    return { body: { task_id, ...(action !== 'initialize' && { state: 'running' }) } }
  })
  const service = await coordinator.register(`nats://${subject}`)
  const { kf_id: id } = await coordinator.startRelease()
  const task = await eventually(async () => {
    const [found] = (await coordinator.release(id)).tasks
    expect(found?.state).toBe('running')
    return found?.kf_id ?? ''
  })

  const { bus, store } = coordinator
  const changes = createReleaseChanges({ store, pollSeconds: 3600, onCommands() {} })
  const stop = createStopTask({ store, bus, changes, catchUp: async () => 0, kick() {} })
  const caller = {
    ...{ subject: 'ada', login: 'ada', kind: 'user', roles: ['ADMIN'], groups: [], permissions: [] },
    ...{ member: null, superuser: false },
  } as const
  const actor = 'ada'
  // While this one is written the others wait, and are written together.
  const first = changes.submit(id, { commands: [{ type: 'report', task, progress: 10 }], actor })
  const stopped = stop({ id, kind: 'release' }, { ...caller, roles: [...caller.roles] } as never, {} as never)
  const last = changes.submit(id, { commands: [{ type: 'report', task, state: 'canceled' }], actor })
  await Promise.all([first, last])
  expect(JSON.parse((await stopped)?.body ?? '{}')).toMatchObject({ id, status: 'RUNNING', endedAt: null })
  expect(JSON.parse((await findTask(store.query, id))?.body ?? '{}')).toMatchObject({ status: 'KILLED' })
  await coordinator.remove(service)
})

it('a mirror that counts as failed by now writes nothing of what it was answered', async () => {
  const synced = coordinator.bus.request(studyOperations.sync, {}, as('nobody')).catch(error => error.code)
  const response = await asked('/studies')
  const [job] = await run(
    'run-out',
    `update job set leased_until = clock_timestamp() where kind = 'study-mirror' returning id`,
  )
  await eventually(async () => {
    expect((await findTask(coordinator.store.query, String(job?.id)))?.ended).toBe(true)
  })
  const results = [{ kf_id: 'SD_TTTTTTTT', name: 'told too late', visible: true }]
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ results, _links: {} }))
  expect(await synced).toBe('unavailable')
  const { results: known } = await coordinator.bus.call(studyOperations.list, { limit: 1000 }, as('nobody'))
  expect(known.map(({ kf_id }) => kf_id)).not.toContain('SD_TTTTTTTT')
})

it('an import that is repeated gives the first answer, whatever fails once it is made', async () => {
  await run(
    'fault',
    `create function no_end() returns trigger language plpgsql as $$ begin raise exception 'no end'; end $$`,
  )
  await run(
    'faulty',
    `create trigger no_end before update of status on platform_task for each row
      when (new.kind = 'study-import-now' and new.status = 'DONE') execute function no_end()`,
  )
  const identity = identityToken('curator', { roles: ['curator'], permissions: ['ACCESS_ALL_DATA'] })
  const call = { ...as('admin'), identity, commandId: 'import-once' }
  const send = () => coordinator.bus.request(studyImportOperations.create, { body: { link: `${url}/template` } }, call)
  const sent = send()
  const response = await asked('/template')
  response.setHeader('content-type', 'text/tab-separated-values').end('genestack:accession\tname\nx\tThe study\n')
  const answers = [await sent]
  await run('mended', 'drop trigger no_end on platform_task')
  answers.push(await send())
  const [first, second] = answers.map(({ status, headers, body }) => [
    status,
    headers.location,
    Buffer.from(body).toString(),
  ])
  expect(first?.[0]).toBe(201)
  expect(second).toEqual(first)
  expect(await run('imported', `select accession from study_object where origin = 'odm'`)).toHaveLength(1)
})
