import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listenHttp, type TaskServer, type TaskService } from '@slipway/participant'
import { eventually, temporaryFolder } from '@slipway/testing'
import { expect, onTestFinished, test } from 'vitest'
import { checksumManifest } from '../src/example-services/checksum-manifest.ts'
import { slowReview } from '../src/example-services/slow-review.ts'
import { platformWitness } from './platform-witness.ts'

const ids = { task_id: 'TA_0000000A', release_id: 'RE_0000000B', studies: ['SD_0000000C', 'SD_0000000D'] }
const contents = { 'SD_0000000C/b.txt': 'beta', 'SD_0000000C/a.txt': 'alpha', 'SD_0000000D/c.bin': 'x'.repeat(300_000) }

async function serve(service: TaskService & { close(): Promise<void> }): Promise<TaskServer> {
  const server = await listenHttp(service)
  onTestFinished(async () => {
    await server.close()
    await service.close()
  })
  return server
}

async function command(server: TaskServer, action: string, more: object = {}) {
  const response = await fetch(`${server.url}/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action, ...ids, ...more }),
  })
  const { task_id, release_id, ...body } = (await response.json()) as Record<string, unknown>
  if (response.ok) expect({ task_id, release_id }).toEqual({ task_id: ids.task_id, release_id: ids.release_id })
  return { status: response.status, body }
}

async function manifestWorld(bytesPerSecond?: number) {
  const folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const platform = await platformWitness('0.0.7')
  onTestFinished(() => platform[Symbol.asyncDispose]())
  const files = join(folder.path, 'files')
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(join(files, name, '..'), { recursive: true })
    await writeFile(join(files, name), content)
  }
  const output = join(folder.path, 'output')
  const said: string[] = []
  const log = (line: string) => void said.push(line)
  const open = (rate = bytesPerSecond) =>
    checksumManifest({ files, output, platformUrl: platform.url, token: 'T', bytesPerSecond: rate, log })
  const reported = () => platform.reports.map(report => report.body as { state?: string; progress: number })
  return { files, output, platform, said, open, reported }
}

test('every task service tells how it is', async () => {
  const server = await serve(slowReview())
  const answer = await fetch(`${server.url}/status`)
  expect(await answer.json()).toEqual({
    name: 'slow review',
    message: 'somebody looks at every study, slowly',
    version: '1.0.0',
  })
})

test.for([
  ['an unknown action', { action: 'explode' }],
  ['a task id that is none', { task_id: 'TA_1' }],
  ['a release id with a letter that the alphabet lacks', { release_id: 'RE_0000000I' }],
  ['studies that are none', { studies: ['SD_0000000C', 5] }],
])('%s is answered with 400', async ([, more]) => {
  const server = await serve(slowReview())
  const answer = await command(server, 'initialize', more as object)
  expect(answer).toEqual({
    status: 400,
    body: { message: expect.stringMatching(/^(action|task_id|release_id|studies\.1): /u) },
  })
})

test('a manifest is computed, reported, staged and published', async () => {
  const { output, platform, open, reported } = await manifestWorld()
  const server = await serve(await open())
  expect(await command(server, 'initialize')).toEqual({ status: 200, body: { state: 'initialized', progress: 0 } })
  expect(await command(server, 'start')).toEqual({ status: 200, body: { state: 'running', progress: 0 } })
  await eventually(() => reported().at(-1)?.state === 'staged')
  expect(platform.reports.every(report => report.task === ids.task_id && report.authorization === 'Bearer T')).toBe(
    true,
  )
  expect(await command(server, 'get_status')).toEqual({ status: 200, body: { state: 'staged', progress: 100 } })
  expect(await readdir(output)).toEqual(['tasks'])

  expect(await command(server, 'publish')).toEqual({ status: 200, body: { state: 'publishing', progress: 0 } })
  await eventually(() => reported().at(-1)?.state === 'published')
  expect(await readdir(output)).toEqual(['manifest-0.0.7.json', 'tasks'])
  const manifest = JSON.parse(await readFile(join(output, 'manifest-0.0.7.json'), 'utf8'))
  const sum = (text: string) => createHash('sha256').update(text).digest('hex')
  expect(manifest).toEqual({
    release_id: ids.release_id,
    version: '0.0.7',
    studies: {
      SD_0000000C: [
        { path: 'a.txt', bytes: 5, sha256: sum('alpha') },
        { path: 'b.txt', bytes: 4, sha256: sum('beta') },
      ],
      SD_0000000D: [{ path: 'c.bin', bytes: 300_000, sha256: sum('x'.repeat(300_000)) }],
    },
  })
})

test('repeated commands are answered the same and done once', async () => {
  const { open, reported } = await manifestWorld()
  const server = await serve(await open())
  const answers = await Promise.all([command(server, 'initialize'), command(server, 'initialize')])
  expect(answers[0]).toEqual(answers[1])
  await command(server, 'start')
  await eventually(() => reported().at(-1)?.state === 'staged')
  expect(await command(server, 'start')).toEqual({ status: 200, body: { state: 'running', progress: 0 } })
  expect(await command(server, 'get_status')).toMatchObject({ body: { state: 'staged' } })
  expect(reported().filter(report => report.state === 'staged')).toHaveLength(1)
})

test('a service that is restarted goes on', async () => {
  const { open, reported } = await manifestWorld(100_000)
  const service = await open()
  const first = await listenHttp(service)
  await command(first, 'initialize')
  await command(first, 'start')
  await eventually(() => reported().length > 0)
  await first.close()
  await service.close()
  expect(reported().filter(report => report.state)).toEqual([])

  const second = await serve(await open(10_000_000))
  await eventually(() => reported().at(-1)?.state === 'staged')
  expect(await command(second, 'get_status')).toMatchObject({ body: { state: 'staged' } })
})

test('a canceled task stops working and stays canceled', async () => {
  const { open, output, reported } = await manifestWorld(50_000)
  const server = await serve(await open())
  await command(server, 'initialize')
  await command(server, 'start')
  await eventually(() => reported().length > 0)
  expect(await command(server, 'cancel')).toMatchObject({ status: 200, body: { state: 'canceled' } })
  expect(await command(server, 'publish')).toMatchObject({ status: 400 })
  expect(await command(server, 'get_status')).toMatchObject({ body: { state: 'canceled' } })
  const book = JSON.parse(await readFile(join(output, 'tasks', `${ids.task_id}.json`), 'utf8'))
  expect(book.record.state).toBe('canceled')
})

test('studies without files are refused at once, files that vanish fail the task', async () => {
  const { files, open, reported, said } = await manifestWorld()
  const server = await serve(await open())
  expect(await command(server, 'initialize', { studies: ['SD_0000000Z'] })).toEqual({
    status: 400,
    body: { message: 'there are no files of study SD_0000000Z' },
  })
  await command(server, 'initialize')
  await rm(join(files, 'SD_0000000D'), { recursive: true })
  await command(server, 'start')
  await eventually(() => reported().at(-1)?.state === 'failed')
  expect(said[0]).toMatch(/^task TA_0000000A failed: .*ENOENT/u)
  expect(await command(server, 'get_status')).toMatchObject({ body: { state: 'failed' } })
})

test('reports are tried again while the platform has a fault, and dropped when it says no', async () => {
  const { open, platform, reported, said } = await manifestWorld()
  platform.faults.push(503, 503)
  const server = await serve(await open())
  await command(server, 'initialize')
  await command(server, 'start')
  await eventually(() => reported().at(-1)?.state === 'staged')
  expect(said).toEqual([])

  platform.faults.push(400)
  await command(server, 'publish')
  await eventually(() => said.length > 0)
  expect(said[0]).toContain('PATCH /tasks/TA_0000000A: 400')
})

test('a slow review is known by asking only', async () => {
  const server = await serve(slowReview({ reviewMs: 600, publishMs: 50 }))
  expect(await command(server, 'initialize')).toEqual({ status: 200, body: { state: 'initialized', progress: '0%' } })
  expect(await command(server, 'publish')).toMatchObject({ status: 400 })
  expect(await command(server, 'start')).toEqual({ status: 200, body: { state: 'running', progress: '0%' } })
  const seen = new Set<unknown>()
  await eventually(async () => {
    const { body } = await command(server, 'get_status', { studies: undefined })
    seen.add(body.progress)
    return body.state === 'staged'
  })
  expect(seen.size).toBeGreaterThan(3)
  expect(await command(server, 'publish')).toMatchObject({ status: 200, body: { state: 'publishing' } })
  await eventually(async () => (await command(server, 'get_status')).body.state === 'published')
  expect(await command(server, 'cancel')).toMatchObject({ status: 400 })
})
