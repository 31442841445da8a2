import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { json } from 'node:stream/consumers'
import { eventually, temporaryFolder } from '@slipway/testing'
import { expect, it, onTestFinished } from 'vitest'

const root = join(import.meta.dirname, '../..')
const example = 'local/src/example-services/word-count.ts'

it.each(['docs/task-services.md', 'packages/participant/README.md'])('%s shows the example as it is', async page => {
  expect(await readFile(join(root, page), 'utf8')).toContain(await readFile(join(root, example), 'utf8'))
})

it('the example counts, reports, publishes, and goes on after it was killed', async () => {
  const folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  await writeFile(join(folder.path, 'SD_0000000C.txt'), 'so much depends upon\na red wheel barrow\n')
  const reports: unknown[] = []
  const platform = createServer(async (request, response) => {
    reports.push([request.method, request.url, request.headers.authorization, await json(request)])
    response.end('{}')
  })
  platform.listen(0, '127.0.0.1')
  await once(platform, 'listening')
  onTestFinished(() => void platform.close().closeAllConnections())

  const start = async () => {
    const PLATFORM = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`
    const env = { ...process.env, PLATFORM, TOKEN: 'T', PORT: '0' }
    const child = spawn(process.execPath, [join(root, example)], {
      cwd: folder.path,
      env,
      stdio: ['ignore', 'pipe', 2],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [line] = (await once(createInterface(child.stdout as NonNullable<typeof child.stdout>), 'line')) as [string]
    const url = line.replace('to be registered: ', '')
    const ask = async (action: string, studies = ['SD_0000000C']) => {
      const body = JSON.stringify({ action, task_id: 'TA_0000000A', release_id: 'RE_0000000B', studies })
      const response = await fetch(`${url}/tasks`, { method: 'POST', body })
      return { status: response.status, ...((await response.json()) as object) }
    }
    return { child, ask }
  }

  const first = await start()
  expect(await first.ask('initialize', ['SD_0000000D'])).toMatchObject({
    status: 400,
    message: expect.stringContaining('SD_0000000D'),
  })
  expect(await first.ask('initialize')).toMatchObject({ status: 200, state: 'initialized' })
  expect(await first.ask('start')).toMatchObject({ status: 200, state: 'running' })
  const report = (state: string) => ['PATCH', '/tasks/TA_0000000A', 'Bearer T', { state, progress: 100 }]
  await eventually(() => expect(reports).toEqual([report('staged')]))
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')

  const second = await start()
  expect(await second.ask('get_status')).toMatchObject({ state: 'staged', progress: 100 })
  expect(await second.ask('publish')).toMatchObject({ state: 'publishing' })
  await eventually(() => expect(reports).toEqual([report('staged'), report('published')]))
  expect(await readFile(join(folder.path, 'RE_0000000B.json'), 'utf8')).toBe('{"words":8}')
})
