import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { failure, type Operation } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BusClient, platformOverBus } from './bus.ts'
import { platformOverHttp } from './http.ts'
import { isWithdrawn, type Report, sendReports } from './platform.ts'

type Said = { readonly status: number; readonly body: object }

describe('over HTTP', () => {
  const requests: unknown[] = []
  let answers: Said[] = []
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    requests.push([method, url, headers.authorization, method === 'PATCH' ? await json(request) : undefined])
    const { status, body } = answers.shift() ?? { status: 200, body: {} }
    response.writeHead(status).end(JSON.stringify(body))
  })
  let platform: ReturnType<typeof platformOverHttp>
  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    platform = platformOverHttp({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'T' })
  })
  afterAll(() => void server.close())
  beforeEach(() => void requests.splice(0))

  it('reports again while the platform is away or overloaded, and takes its word else', async () => {
    answers = [503, 429].map(status => ({ status, body: {} }))
    expect(await platform.report('TA_1', { state: 'staged', progress: 100 })).toBeUndefined()
    const request = ['PATCH', '/tasks/TA_1', 'Bearer T', { state: 'staged', progress: 100 }]
    expect(requests).toEqual([request, request, request])
    answers = [{ status: 400, body: { state: ['No.'] } }]
    expect(await platform.report('TA_1', { progress: 5 })).toBe('PATCH /tasks/TA_1: 400 {"state":["No."]}')
    expect(requests).toHaveLength(4)
  })

  it('gives up after four tries, and at once when it is told to', async () => {
    answers = Array.from({ length: 4 }, () => ({ status: 502, body: {} }))
    await expect(platform.report('TA_1', { progress: 5 })).rejects.toThrow('PATCH /tasks/TA_1: 502 {}')
    expect(requests).toHaveLength(4)
    await expect(platform.report('TA_1', { progress: 5 }, AbortSignal.abort())).rejects.toThrow(/abort/)
  })

  it('knows tasks and releases, and what is not there', async () => {
    const missing = { status: 404, body: { detail: 'Not found.' } }
    answers = [
      { status: 200, body: { state: 'canceled' } },
      missing,
      { status: 200, body: { version: '0.0.7' } },
      missing,
    ]
    expect(isWithdrawn(await platform.taskState('TA_1'))).toBe(true)
    expect(isWithdrawn(await platform.taskState('TA_2'))).toBe(true)
    expect(await platform.release('RE_1')).toEqual({ version: '0.0.7' })
    await expect(platform.release('RE_2')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('over the bus', () => {
  const calls: unknown[] = []
  let fault: Error | undefined
  const answer = async (operation: Operation, input: unknown, options: unknown) => {
    calls.push([operation.subject, input, options])
    if (fault) throw fault
    return { state: 'running' }
  }
  const platform = platformOverBus({ call: answer, request: answer } as unknown as BusClient, async () => 'identity')
  beforeEach(() => void calls.splice(0))

  it('makes a report under an id that is the same when it is made again', async () => {
    fault = undefined
    for (const report of [{ state: 'staged', progress: 100 }, { progress: 40 }, { state: 'failed' }] as const) {
      expect(await platform.report('TA_1', report)).toBeUndefined()
    }
    const made = (body: object, commandId: string) => [
      'slipway.v1.coordinator.task.update',
      { kf_id: 'TA_1', body },
      { identity: 'identity', commandId, timeoutMs: 10_000 },
    ]
    expect(calls).toEqual([
      made({ state: 'staged', progress: 100 }, 'TA_1-staged-100'),
      made({ progress: 40 }, 'TA_1-progress-40'),
      made({ state: 'failed' }, 'TA_1-failed'),
    ])
  })

  it('makes a report of files under an id of these files', async () => {
    fault = undefined
    const report = async (name: string) => {
      await platform.report('TA_1', { state: 'staged', progress: 100, files: [{ name, url: 'slipway://exporter/1' }] })
      return (calls.at(-1) as [string, object, { readonly commandId: string }])[2].commandId
    }
    const [first, again, other] = [await report('a.zip'), await report('a.zip'), await report('b.zip')]
    expect(first).toMatch(/^TA_1-staged-100-[\w-]{16}$/)
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  })

  it.each(['invalid', 'refused', 'not_found', 'conflict', 'key_reused'] as const)(
    'takes %s for a refusal',
    async code => {
      fault = failure(code, 'No.')
      expect(await platform.report('TA_1', { progress: 40 })).toBe('No.')
    },
  )

  it('leaves it to the caller to report again after anything else', async () => {
    fault = failure('unavailable', 'away')
    await expect(platform.report('TA_1', { progress: 40 })).rejects.toBe(fault)
    await expect(platform.taskState('TA_1')).rejects.toBe(fault)
  })

  it('knows which tasks are gone', async () => {
    fault = undefined
    expect(isWithdrawn(await platform.taskState('TA_1'))).toBe(false)
    fault = failure('not_found', 'Not found.')
    expect(await platform.taskState('TA_1')).toBeUndefined()
  })
})

it('reports in a queue come in order, without a progress that something newer has overtaken', async () => {
  const sent: Report[] = []
  const complaints: string[] = []
  const answers: ((refusal?: string) => void)[] = []
  const report = (_: string, one: Report) => {
    sent.push(one)
    return new Promise<string | undefined>(resolve => answers.push(resolve))
  }
  const reports = sendReports({ report }, line => void complaints.push(line))
  for (const progress of [5, 10, 15]) reports.send('TA_1', { progress })
  reports.send('TA_1', { state: 'staged', progress: 100 })
  reports.send('TA_2', { progress: 20 })
  for (const refusal of [undefined, 'No.', undefined]) {
    await eventually(() => answers.length > 0)
    answers.shift()?.(refusal)
  }
  await reports.close()
  expect(sent).toEqual([{ progress: 5 }, { state: 'staged', progress: 100 }, { progress: 20 }])
  expect(complaints).toEqual(['a report was not accepted: No.'])
})
