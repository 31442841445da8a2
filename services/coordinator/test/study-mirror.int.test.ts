import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { studyOperations } from '@slipway/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

type Study = { kf_id: string; name: string; visible?: boolean; created_at?: string }
type Answer = (request: IncomingMessage, response: ServerResponse) => void

const pageSize = 2
let studies: Study[] = []
let answer: Answer
let dataService: Server
let coordinator: RunningCoordinator

/** Pages as the data service makes them: the next one is named in `_links`, below the path of the first. */
const pages: Answer = (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const after = Number(url.searchParams.get('after') ?? 0)
  const results = studies.slice(after, after + pageSize)
  const next = after + pageSize < studies.length ? { next: `/studies?after=${after + pageSize}` } : {}
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ results, _links: next, limit: pageSize, total: studies.length }))
}

const plain =
  (status: number, text: string): Answer =>
  (_request, response) => {
    response.writeHead(status).end(text)
  }

beforeAll(async () => {
  dataService = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1')
  await new Promise(resolve => dataService.once('listening', resolve))
  const { port } = dataService.address() as AddressInfo
  coordinator = await startCoordinator({
    DATASERVICE_URL: `http://127.0.0.1:${port}`,
    REQUEST_TIMEOUT: '1',
    DATABASE_IDLE_TRANSACTION_TIMEOUT: '0.5',
  })
})
afterAll(async () => {
  await coordinator?.[Symbol.asyncDispose]()
  dataService.closeAllConnections()
  dataService.close()
})

async function sync(): Promise<{ status: number; body: unknown }> {
  const reply = await coordinator.bus.request(studyOperations.sync, {}, as('nobody'))
  return { status: reply.status, body: JSON.parse(Buffer.from(reply.body).toString()) }
}

const known = async () => (await coordinator.bus.call(studyOperations.list, { limit: 1000 }, as('nobody'))).results

const eventVerbs = async (study: string) => {
  const rows = await coordinator.store.read<{ text: string }>(
    {
      name: 'test-study-events',
      text: `select sequence || ' ' || verb as text from platform.outbox
        where noun = 'study' and aggregate = $1 order by id`,
    },
    [study],
  )
  return rows.map(row => row.text)
}

describe('the mirror of studies', () => {
  it('follows the pages to the end before it marks anything as deleted', async () => {
    answer = pages
    studies = Array.from({ length: 5 }, (_, index) => ({
      kf_id: `SD_0000000${index}`,
      name: `study ${index}`,
      visible: true,
    }))
    expect(await sync()).toEqual({
      status: 200,
      body: { status: 'ok', new: 5, deleted: 0, message: 'Synchronized with dataservice' },
    })
    expect((await sync()).body).toMatchObject({ new: 0, deleted: 0 })

    // Longer in all than an idle transaction may last.
    let asked = 0
    answer = (request, response) => {
      asked += 1
      setTimeout(() => pages(request, response), 350)
    }
    expect((await sync()).body).toMatchObject({ status: 'ok', new: 0, deleted: 0 })
    expect(asked).toBe(3)
    answer = pages
    expect((await known()).every(study => !study.deleted)).toBe(true)
  })

  it('takes over changes, marks what is gone, and takes back what returns', async () => {
    answer = pages
    studies[0] = { kf_id: 'SD_00000000', name: 'renamed', visible: false }
    const [gone] = studies.splice(4, 1)
    expect((await sync()).body).toMatchObject({ new: 0, deleted: 1 })
    expect((await sync()).body, 'the number counts all that are missing').toMatchObject({ deleted: 1 })
    const read = async (id: string) => (await known()).find(study => study.kf_id === id)
    expect(await read('SD_00000000')).toMatchObject({ name: 'renamed', visible: false, deleted: false })
    expect(await read('SD_00000004')).toMatchObject({ deleted: true })
    studies.push(gone as Study)
    expect((await sync()).body).toMatchObject({ new: 0, deleted: 0 })
    expect(await read('SD_00000004')).toMatchObject({ deleted: false })
    expect(await eventVerbs('SD_00000004')).toEqual(['1 created', '2 updated', '3 updated'])
    expect(await eventVerbs('SD_00000001')).toEqual(['1 created'])
  })

  it.each([
    ['an empty page', plain(200, '{"results":[],"_links":{}}'), 200],
    ['a page that is not JSON', plain(200, '<html>'), 502],
    ['a page of something else', plain(200, '{"studies":[]}'), 502],
    ['an error of its own', plain(500, 'oops'), 500],
    ['no such path', plain(404, ''), 404],
    ['no answer', () => undefined, 502],
    ['a broken connection', (request: IncomingMessage) => request.socket.destroy(), 502],
  ] as const)('loses nothing over %s', async (_what, how, status) => {
    answer = how
    const before = await known()
    const result = await sync()
    expect(result.status).toBe(status)
    if (status !== 200) {
      const message = 'There was an error getting studies from the dataservice'
      expect(result.body).toEqual({ status: 'error', message })
    }
    expect(await known()).toEqual(before)
  })

  it('loses nothing when a later page is broken', async () => {
    const before = await known()
    answer = (request, response) =>
      request.url?.includes('after') ? plain(500, '')(request, response) : pages(request, response)
    expect((await sync()).status).toBe(500)
    expect(await known()).toEqual(before)
  })

  it('runs once for all who ask at the same time', async () => {
    answer = pages
    studies.push({ kf_id: 'SD_00000009', name: 'late', visible: true })
    const answers = await Promise.all([sync(), sync(), sync()])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await eventVerbs('SD_00000009')).toEqual(['1 created'])
  })

  it('answers everybody with what was there when they asked', async () => {
    studies = studies.slice(0, 1)
    const asked = Promise.withResolvers<() => void>()
    answer = (request, response) => {
      answer = pages
      const before = {
        ...response,
        setHeader: () => response,
        end: (text: string) => asked.resolve(() => response.end(text)),
      }
      pages(request, before as unknown as ServerResponse)
    }
    const first = sync()
    const send = await asked.promise
    studies.push({ kf_id: 'SD_0000000A', name: 'made meanwhile', visible: true })
    const later = [sync(), sync()]
    // What was sent before on the same connection has come by now.
    await known()
    send()
    expect((await first).body).toMatchObject({ new: 0 })
    const [second] = await Promise.all(later)
    expect(second?.body).toMatchObject({ new: 1 })
    expect(await eventVerbs('SD_0000000A')).toEqual(['1 created'])
  })

  it('says so where no data service is configured', async () => {
    await using unconfigured = await startCoordinator()
    const answered = await unconfigured.bus.call(studyOperations.sync, {}, as('nobody'))
    expect(answered).toEqual({ status: 'ok', new: 0, deleted: 0, message: 'No dataservice is configured' })
  })
})
