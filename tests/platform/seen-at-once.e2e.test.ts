import { eventually, httpExchange, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { platformOfFile } from '../support/platform-of-file.ts'

const adminToken = 'seen-at-once-administrator-token'

const running = platformOfFile(
  () => ({ adminToken, env: { registry: { ALLOW_INTERNAL_ADDRESSES: 'true' } } }),
  () => undefined,
)

async function send(method: string, path: string, body?: unknown) {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const sent = body === undefined ? undefined : JSON.stringify(body)
  const answer = await httpExchange(running.url, method, path, { headers, body: sent })
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300)
  return answer.body
}

/** Milliseconds after which a write is answered without waiting any longer for those that are to show it. */
const patienceMs = 500

/**
 * Makes a write and looks at once: unless the machine was so slow that the write gave up waiting, what it wrote is there.
 * Resolves to whether it had to be there.
 */
async function isSeen(write: () => Promise<unknown>, look: () => Promise<void>): Promise<boolean> {
  const began = performance.now()
  await write()
  const waited = performance.now() - began < patienceMs
  await (waited ? look() : eventually(look))
  return waited
}

const times = Array.from({ length: 20 }, (_, index) => index + 1)

/** Runs while the processes of a service are stopped in the middle of whatever they do. */
async function whileStopped(service: string, work: () => Promise<void>): Promise<void> {
  const processes = running.platform.processes.filter(process => process.service === service)
  for (const process of processes) process.kill('SIGSTOP')
  try {
    await work()
  } finally {
    for (const process of processes) process.kill('SIGCONT')
  }
}

describe('the name of a task service', () => {
  let program: ScriptedTaskService
  let study: string
  beforeAll(async () => {
    program = await scriptedTaskService()
    study = (await send('POST', '/v1/studies', { name: 'Names' })).id
  })
  afterAll(() => program?.[Symbol.asyncDispose]())

  /** Not enabled: releases pass it by. */
  async function registered(name: string) {
    const fields = { name, description: 'does its part', author: 'ada', url: program.url, enabled: false }
    return { ...fields, ...(await send('POST', '/task-services', fields)) }
  }

  async function taskOf(service: string): Promise<string> {
    const release = (await send('POST', '/releases', { name: 'a release', studies: [study] })).kf_id
    return (await send('POST', '/tasks', { release, task_service: service })).kf_id
  }

  const nameOn = async (task: string) => (await send('GET', `/tasks/${task}`)).service_name

  it('is on its tasks when the write that gave it is answered', async () => {
    const service = await registered('name 0')
    const task = await taskOf(service.kf_id)
    const seen: boolean[] = []
    for (const time of times) {
      const [method, body] = time % 2 === 0 ? ['PATCH', {}] : ['PUT', service]
      const write = () => send(method, `/task-services/${service.kf_id}`, { ...body, name: `name ${time}` })
      seen.push(await isSeen(write, async () => expect(await nameOn(task)).toBe(`name ${time}`)))
    }
    expect(seen).toContain(true)
  })

  it('is the last one after two that were given at the same time', async () => {
    const service = await registered('before')
    const task = await taskOf(service.kf_id)
    for (const time of times) {
      const rename = (name: string) => send('PATCH', `/task-services/${service.kf_id}`, { name })
      await isSeen(
        () => Promise.all([rename(`one ${time}`), rename(`other ${time}`)]),
        async () => expect(await nameOn(task)).toBe((await send('GET', `/task-services/${service.kf_id}`)).name),
      )
    }
  })

  it('is written while the coordinator cannot take it, and comes to it later', async () => {
    const service = await registered('before')
    const task = await taskOf(service.kf_id)
    await whileStopped('coordinator', async () => {
      await send('PATCH', `/task-services/${service.kf_id}`, { name: 'meanwhile' })
      await send('PATCH', `/task-services/${service.kf_id}`, { name: 'after it' })
    })
    await isSeen(
      () => send('PATCH', `/task-services/${service.kf_id}`, { description: 'does more' }),
      async () => expect(await nameOn(task)).toBe('after it'),
    )
  })

  it('goes from the log with its service', async () => {
    const service = await registered('short-lived')
    const event = await send('POST', '/events', { message: 'it was there', task_service: service.kf_id })
    expect(event.task_service).toContain(service.kf_id)
    await isSeen(
      () => send('DELETE', `/task-services/${service.kf_id}`),
      async () => expect((await send('GET', `/events/${event.kf_id}`)).task_service).toBe(null),
    )
  })
})

describe('an account', () => {
  const emailOf = async (login: string) => (await send('GET', `/api/users/${login}`)).email

  it('is in the API of release packages when the write that made, changed or deleted it is answered', async () => {
    const seen: boolean[] = []
    const sees = async (write: () => Promise<unknown>, look: () => Promise<void>) =>
      seen.push(await isSeen(write, look))
    for (const time of times) {
      const login = `person-${time}`
      const has = (email: string) => async () => expect(await emailOf(login)).toBe(email)
      const [first, second] = [`first-${time}@example.org`, `second-${time}@example.org`]
      await sees(() => send('POST', '/api/v1/accounts', { login, email: first, roles: ['ROLE_USER'] }), has(first))
      await sees(() => send('PATCH', `/api/v1/accounts/${login}`, { email: second }), has(second))
      await sees(
        () => send('DELETE', `/api/v1/accounts/${login}`),
        async () => {
          const users = (await send('GET', '/api/users')) as { readonly login: string }[]
          expect(users.map(user => user.login)).not.toContain(login)
        },
      )
    }
    expect(seen).toContain(true)
  })

  it('is in the API of release packages when that of source exports has made it', async () => {
    for (const time of times) {
      const username = `ocl-${time}`
      const person = { username, name: 'Ada', email: `${username}@example.org`, password: 'correct horse battery' }
      await isSeen(
        () => send('POST', '/users/', person),
        async () => expect(await emailOf(username)).toBe(person.email),
      )
    }
  })

  it('is written while the catalog cannot take it, and comes to it later', async () => {
    await whileStopped('catalog', async () => {
      await send('POST', '/api/v1/accounts', { login: 'meanwhile', email: 'meanwhile@example.org' })
    })
    await isSeen(
      () => send('PATCH', '/api/v1/accounts/meanwhile', { givenName: 'Ada' }),
      async () => expect(await emailOf('meanwhile')).toBe('meanwhile@example.org'),
    )
  })
})
