import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { eventually, temporaryFolder, testNats } from '@slipway/testing'
import { expect, onTestFinished, test } from 'vitest'
import { openDataDir } from '../src/platform/data-dir.ts'

function launch(file: string, env: NodeJS.ProcessEnv = {}, ...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], { env: { ...process.env, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => {
    output.stdout += chunk
  })
  child.stderr.on('data', chunk => {
    output.stderr += chunk
  })
  return { child, output, ended: once(child, 'close').then(([code]) => ({ code, ...output })) }
}

async function dataFolder(): Promise<string> {
  const folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return join(folder.path, 'data')
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a wrong setting is one line and exit code 1', async () => {
  const { ended } = launch('../src/start.ts', { SLIPWAY_PORT: 'web' })
  expect(await ended).toEqual({
    code: 1,
    stdout: '',
    stderr: 'SLIPWAY_PORT: must be a port number from 0 to 65535; 0 picks a free one\n',
  })
})

const oneLine = (sentence: RegExp) => ({ code: 1, stdout: '', stderr: expect.stringMatching(sentence) })

test.each<[string, (folder: string) => Promise<NodeJS.ProcessEnv>, RegExp]>([
  [
    'a data folder that is a file',
    async folder => {
      await writeFile(folder, '')
      return {}
    },
    /^the data folder \S+ is a file, or below one; [^\n]*\n$/u,
  ],
  [
    'a data folder below a file',
    async folder => {
      await writeFile(folder, '')
      return { SLIPWAY_DATA_DIR: join(folder, 'below') }
    },
    /^the data folder \S+ is a file, or below one; [^\n]*\n$/u,
  ],
  [
    'a data folder of something else',
    async folder => {
      await mkdir(join(folder, 'src'), { recursive: true })
      return {}
    },
    /^the data folder \S+ holds something else \(src\); [^\n]*\n$/u,
  ],
  [
    'a data folder where nothing can be made',
    async () => ({ SLIPWAY_DATA_DIR: '/proc/slipway' }),
    /^the data folder \/proc\/slipway [^\n]*; choose another one with SLIPWAY_DATA_DIR\n$/u,
  ],
  [
    'a data folder of another PostgreSQL',
    async folder => {
      await mkdir(join(folder, 'postgres/data'), { recursive: true })
      await writeFile(join(folder, 'postgres/data/PG_VERSION'), '99\n')
      return { NATS_URL: testNats().url }
    },
    /^starting PostgreSQL[^\n]*\n\S+\/postgres\/data is one of PostgreSQL 99, and this is PostgreSQL \d+; [^\n]*\n$/u,
  ],
  [
    'a NATS_URL where nobody answers',
    async () => ({ NATS_URL: 'nats://someone:secret-of-theirs@127.0.0.1:1' }),
    /^starting PostgreSQL[^\n]*\nNATS_URL: no NATS server can be used at nats:\/\/127\.0\.0\.1:1: [^\n]*\n$/u,
  ],
  [
    'a NATS_URL that takes connections and says nothing',
    async () => ({ NATS_URL: `nats://127.0.0.1:${await silentPort()}` }),
    /^starting PostgreSQL[^\n]*\nNATS_URL: no NATS server can be used at [^\n]*\n$/u,
  ],
  [
    'a DATABASE_URL that takes connections and says nothing',
    async () => ({
      NATS_URL: testNats().url,
      DATABASE_URL: `postgres://someone:secret-of-theirs@127.0.0.1:${await silentPort()}/x`,
    }),
    /^starting PostgreSQL[^\n]*\nDATABASE_URL: 127\.0\.0\.1:\d+: database slipway_registry: [^\n]*\n$/u,
  ],
])('%s is one clear line, soon, and exit code 1', async (_what, prepare, sentence) => {
  const folder = await dataFolder()
  const given = await prepare(folder)
  const since = performance.now()
  const result = await launch('../src/start.ts', { SLIPWAY_PORT: '0', SLIPWAY_DATA_DIR: folder, ...given }).ended
  expect(result).toEqual(oneLine(sentence))
  expect(result.stderr).not.toContain('secret-of-theirs')
  expect(performance.now() - since).toBeLessThan(60_000)
})

/** Somebody who listens, and never answers. */
async function silentPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('a data folder that is in use is one line and exit code 1', async () => {
  const dir = await openDataDir(await dataFolder())
  onTestFinished(() => dir.release())
  const result = await launch('../src/start.ts', { SLIPWAY_PORT: '0', SLIPWAY_DATA_DIR: dir.path }).ended
  expect(result).toMatchObject({ code: 1, stdout: '' })
  expect(result.stderr).toMatch(/^the data folder .* is in use by a running launcher \(process \d+\); [^\n]*\n$/u)
})

test('the demo says how it is used', async () => {
  expect(await launch('../src/demo.ts', {}, '--help').ended).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('npm run demo -- --fail=refuse'),
  })
  expect(await launch('../src/demo.ts', {}, '--fail=sometimes').ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^--fail=sometimes is none of refuse, die, report, silent\n/u),
  })
})

test('a launcher that is killed leaves no process behind, and its data folder can be used again', async () => {
  const dataDir = await dataFolder()
  const first = launch('scripted-launcher.ts', {}, dataDir)
  await eventually(() => first.output.stdout.includes('\n'))
  const pids = JSON.parse(first.output.stdout) as number[]
  expect(pids).toHaveLength(7)
  expect(pids.filter(isAlive)).toEqual(pids)

  first.child.kill('SIGKILL')
  await first.ended
  await eventually(() => expect(pids.filter(isAlive)).toEqual([]))

  const second = launch('scripted-launcher.ts', {}, dataDir)
  await eventually(() => second.output.stdout.includes('\n'))
  second.child.kill('SIGKILL')
  const others = JSON.parse(second.output.stdout) as number[]
  await eventually(() => expect(others.filter(isAlive)).toEqual([]))
})
