import { existsSync, readFileSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { eventually, temporaryFolder } from '@slipway/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type SupervisedProcess, type SupervisorOptions, supervise } from '../src/platform/supervisor.ts'

const program = (script: string) => ({
  cwd: import.meta.dirname,
  args: [join(import.meta.dirname, 'scripted-program.ts'), script],
})

async function start(script: string, options: Partial<SupervisorOptions> = {}) {
  const folder = await temporaryFolder()
  const said: string[] = []
  const supervised = supervise({
    name: 'coordinator-1',
    program: program(script),
    env: { ...process.env, SLIPWAY_PORT: '' },
    logFile: join(folder.path, 'coordinator-1.log'),
    log: line => said.push(line),
    ...options,
  })
  onTestFinished(async () => {
    await supervised.stop(0)
    await folder[Symbol.asyncDispose]()
  })
  return { supervised, said }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function pidAt(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  return ((await answer.json()) as { pid: number }).pid
}

const log = ({ logFile }: SupervisedProcess) => readFile(logFile, 'utf8')

/** Sets the clock of this process forward. */
function passTime(ms: () => number) {
  const right = Date.now
  const now = vi.spyOn(Date, 'now').mockImplementation(() => right.call(Date) + ms())
  onTestFinished(() => now.mockRestore())
  return now
}

test('a program is ready when it says so, and stops when asked', async () => {
  const { supervised } = await start('good')
  expect(supervised.state).toBe('starting')
  const port = await supervised.whenReady()
  expect(supervised).toMatchObject({ state: 'ready', port, restarts: 0 })
  const { pid } = supervised
  expect(await pidAt(port)).toBe(pid)

  await supervised.stop()
  expect(supervised).toMatchObject({ state: 'ended', pid: 0, restarts: 0 })
  expect(isAlive(pid)).toBe(false)
  expect(await readFile(supervised.logFile, 'utf8')).toContain('"event":"stopped"')
  await expect(supervised.whenReady()).rejects.toMatchObject({ code: 'unavailable' })
})

test('a program that dies is started again, with growing pauses', async () => {
  const { supervised, said } = await start('good', { backoffMs: { first: 20, max: 60 } })
  const pids = [await supervised.whenReady().then(pidAt)]
  for (let death = 1; death <= 4; death += 1) {
    await supervised.kill()
    expect(supervised.pid).toBe(0)
    pids.push(await supervised.whenReady().then(pidAt))
    expect(supervised).toMatchObject({ state: 'ready', restarts: death })
  }
  expect(new Set(pids).size).toBe(5)
  expect(said.map(line => /ended \((.*)\), .* in (\d+) ms/u.exec(line)?.slice(1))).toEqual([
    ['signal SIGKILL', '20'],
    ['signal SIGKILL', '40'],
    ['signal SIGKILL', '60'],
    ['signal SIGKILL', '60'],
  ])
})

test('a program that cannot be started again for a while is started when it can be', async () => {
  const { supervised, said } = await start('good', { backoffMs: { first: 20, max: 20 } })
  await supervised.whenReady()
  const logs = dirname(supervised.logFile)
  // As when no file can be opened any more.
  await rename(logs, `${logs}-away`)
  await supervised.kill()
  await eventually(() => said.some(line => line.startsWith('coordinator-1 cannot be started: ')))
  await rename(`${logs}-away`, logs)
  expect(await pidAt(await supervised.whenReady())).toBe(supervised.pid)
})

test('a program that dies before it is ready at first is not tried again; its last words are told', async () => {
  const { supervised, said } = await start('crash')
  await expect(supervised.whenReady()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^coordinator-1 ended \(exit code 3\); .*its last words:\n {2}the disk is full$/su),
  })
  expect(supervised).toMatchObject({ state: 'ended', restarts: 0 })
  expect(said).toEqual([])
})

test('a program that does not say it is ready is given up and ended', async () => {
  const { supervised } = await start('mute')
  await eventually(async () => (await log(supervised)).includes('"event":"thinking"'))
  const { pid } = supervised
  passTime(() => 90_001)
  await expect(supervised.whenReady()).rejects.toThrow(/^coordinator-1 was not ready after 90 s.*"event":"thinking"/su)
  await eventually(() => !isAlive(pid))
})

test('a program gets the time that its migrations need', async () => {
  const { supervised } = await start('migrating')
  const { logFile } = supervised
  const migrates = () => existsSync(logFile) && readFileSync(logFile, 'utf8').includes('"event":"migrating"')
  // An hour is over before anybody reads that it migrates.
  const now = passTime(() => (migrates() ? 3_600_000 : 0))
  await eventually(migrates)
  now.mockClear()
  await eventually(() => now.mock.calls.length > 5)
  await supervised.kill('SIGUSR2')
  expect(await supervised.whenReady()).toBeGreaterThan(0)
})

test('a program that ignores SIGTERM is killed when the time is up', async () => {
  const { supervised } = await start('stuck')
  await supervised.whenReady()
  const { pid } = supervised
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const stopped = supervised.stop(400)
  await eventually(async () => (await log(supervised)).includes('"event":"asked"'))
  vi.advanceTimersByTime(399)
  expect(isAlive(pid)).toBe(true)
  vi.advanceTimersByTime(1)
  await stopped
  expect(isAlive(pid)).toBe(false)
})

test('a program that is stopped while it waits for its restart stays stopped', async () => {
  const { supervised } = await start('good', { backoffMs: { first: 60_000, max: 60_000 } })
  await supervised.whenReady()
  await supervised.kill()
  expect(supervised.state).toBe('waiting')
  const next = supervised.whenReady()
  await supervised.stop()
  await expect(next).rejects.toThrow('coordinator-1 was stopped')
  expect(supervised).toMatchObject({ state: 'ended', restarts: 0 })
})

test('without restart a death is the end, until it is asked for again', async () => {
  const { supervised } = await start('good', { restart: false })
  await supervised.whenReady()
  await supervised.kill('SIGTERM')
  expect(supervised).toMatchObject({ state: 'ended', pid: 0 })
  await supervised.restart()
  expect(await pidAt(supervised.port)).toBe(supervised.pid)
})

test('two wishes to stop are one SIGTERM', async () => {
  const { supervised } = await start('slow')
  await supervised.whenReady()
  await Promise.all([supervised.stop(), supervised.stop()])
  const log = await readFile(supervised.logFile, 'utf8')
  expect(log.match(/"asked"/gu)).toHaveLength(1)
  expect(log).toContain('"stopped"')
})
