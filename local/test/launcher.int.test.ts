import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { eventually, temporaryFolder } from '@slipway/testing'
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
  await eventually(() => first.output.stdout.includes('\n'), { timeoutMs: 60_000 })
  const pids = JSON.parse(first.output.stdout) as number[]
  expect(pids).toHaveLength(7)
  expect(pids.filter(isAlive)).toEqual(pids)

  first.child.kill('SIGKILL')
  await first.ended
  await eventually(() => expect(pids.filter(isAlive)).toEqual([]))

  const second = launch('scripted-launcher.ts', {}, dataDir)
  await eventually(() => second.output.stdout.includes('\n'), { timeoutMs: 60_000 })
  second.child.kill('SIGKILL')
  const others = JSON.parse(second.output.stdout) as number[]
  await eventually(() => expect(others.filter(isAlive)).toEqual([]))
})
