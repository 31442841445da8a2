import { connectBus } from '@slipway/bus'
import { failure } from '@slipway/contracts'
import { captureLog, testNats } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { answerHttp, listenHttp, serveOverBus, type TaskService } from '../src/mod.ts'

const ids = { task_id: 'TA_0000000A', release_id: 'RE_0000000B', studies: ['SD_0000000C'] }

/** One whose answer depends on the action alone. */
const service: TaskService = {
  name: 'words',
  message: 'counts words',
  version: '1.0.0',
  async obey({ action }) {
    if (action === 'publish') throw failure('refused', 'The task is running.')
    if (action === 'cancel') throw new Error('the password is hunter2')
    return { state: 'running', progress: '50%' }
  },
}

const opened = new AsyncDisposableStack()
type Said = { readonly status: number; readonly body: unknown }
type Wire = { status(): Promise<Said>; tasks(text: string): Promise<Said> }
const wires = new Map<string, Wire>()

const post = (url: string, body: string) => new Request(`${url}/tasks`, { method: 'POST', body })
const said = async (response: Response): Promise<Said> => ({ status: response.status, body: await response.json() })

beforeAll(async () => {
  const { url } = opened.use(await listenHttp(service))
  wires.set('HTTP', {
    status: async () => said(await fetch(`${url}/status`)),
    tasks: async text => said(await fetch(post(url, text))),
  })

  const mounted = 'https://tools.example.org/words'
  wires.set('a web server of somebody else', {
    status: async () => said(await answerHttp(service, new Request(`${mounted}/status`))),
    tasks: async text => said(await answerHttp(service, post(mounted, text))),
  })

  const open = async (name: string) =>
    opened.use(await connectBus({ servers: testNats().url, name, version: '1.0.0', log: captureLog().log }))
  const [server, client] = [await open('words'), await open('platform')]
  await serveOverBus(server, { subject: 'task-service.words', queue: 'words' }, service)
  const request = async (verb: string, text: string): Promise<Said> => {
    try {
      const { status, body } = await client.requestRaw(`task-service.words.${verb}`, Buffer.from(text))
      return { status, body: JSON.parse(Buffer.from(body).toString('utf8')) }
    } catch (error) {
      const { status, message } = error as Error & { readonly status: number }
      return { status, body: { message } }
    }
  }
  wires.set('NATS', { status: () => request('status', ''), tasks: text => request('tasks', text) })
})
afterAll(() => opened.disposeAsync())

const command = (action: string, more: object = {}) => JSON.stringify({ action, ...ids, ...more })

it.each(['HTTP', 'a web server of somebody else', 'NATS'])('speaks the same over %s', async name => {
  const { status, tasks } = wires.get(name) as Wire
  expect(await status()).toEqual({
    status: 200,
    body: { name: 'words', message: 'counts words', version: '1.0.0' },
  })
  const { task_id, release_id } = ids
  const running = { status: 200, body: { task_id, release_id, state: 'running', progress: '50%' } }
  expect(await tasks(command('start'))).toEqual(running)
  expect(await tasks(command('get_status', { studies: undefined }))).toEqual(running)
  expect(await tasks(command('publish'))).toEqual({ status: 400, body: { message: 'The task is running.' } })
  expect(await tasks(command('cancel'))).toEqual({ status: 500, body: { message: 'Internal error.' } })

  const wrong = async (text: string, message: RegExp) =>
    expect(await tasks(text)).toEqual({ status: 400, body: { message: expect.stringMatching(message) } })
  await wrong('{', /not JSON/)
  await wrong('[]', /^body: /)
  await wrong(command('explode'), /^action: /)
  await wrong(command('start', { task_id: 'TA_1' }), /^task_id: /)
  await wrong(command('start', { release_id: '../RE_0000000B' }), /^release_id: /)
  await wrong(command('start', { studies: ['SD_0000000C', 5] }), /^studies\.1: /)
})

it('answers other addresses with 404, and a body that is no command any more with 413', async () => {
  const { url } = opened.use(await listenHttp(service))
  for (const path of ['/elsewhere', '//', '/%']) expect((await fetch(`${url}${path}`)).status, path).toBe(404)
  expect((await fetch(`${url}/status?probe=1`)).status).toBe(200)
  expect((await fetch(`${url}/tasks`)).status).toBe(404)
  expect((await fetch(post(url, ' '.repeat(1_100_000)))).status).toBe(413)
})

it('listens no more when it is closed, however many connections are kept open', async () => {
  const server = await listenHttp(service)
  expect((await fetch(`${server.url}/status`)).status).toBe(200)
  await server.close()
  await server.close()
  await expect(fetch(`${server.url}/status`)).rejects.toThrow()
})
