import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { connectBus } from '@slipway/bus'
import { taskServiceOperations } from '@slipway/contracts'
import { cloneDatabase } from '@slipway/store'
import { captureLog, identityHandlers, identityToken, shiftedClock, startOwnNats, testPostgres } from '@slipway/testing'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

test('the process starts with a database and a broker alone, and ends when told to', async () => {
  await using nats = await startOwnNats()
  // Without the registry's tables: the process makes them.
  await using database = await cloneDatabase({ adminUrl: testPostgres().url, migrations: [] })
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, DATABASE_URL: database.url, NATS_URL: nats.url, SLIPWAY_SERVICE_HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const ended = once(child, 'exit')
    const port = await readyPort(child.stdout)
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }])
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
  }
})

const hour = 3_600_000

test.each([hour, -hour])('a process whose clock is %i ms off says so and believes good tokens', async shift => {
  await using nats = await startOwnNats()
  await using database = await cloneDatabase({ adminUrl: testPostgres().url, migrations: [] })
  const { log } = captureLog()
  await using bus = await connectBus({ servers: nats.url, name: 'gateway', version: '1.0.0', log })
  await bus.serve(identityHandlers, { queue: 'gateway' })
  const { execArgv, env } = shiftedClock(shift)
  const child = spawn(process.execPath, [...execArgv, main], {
    env: {
      ...process.env,
      ...env,
      DATABASE_URL: database.url,
      NATS_URL: nats.url,
      SLIPWAY_SERVICE_HOST: '127.0.0.1',
      ALLOW_INTERNAL_ADDRESSES: 'true',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const port = await readyPort(child.stdout)
    const ready = (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as { clock_offset_seconds: number }
    expect(Math.round(ready.clock_offset_seconds / 60)).toBe(shift / 60_000)
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const [, offset] = /^slipway_clock_offset_seconds\S* (\S+)$/m.exec(metrics) ?? []
    expect(Math.round(Number(offset) / 60)).toBe(shift / 60_000)

    const call = { identity: identityToken('root', { roles: ['ADMIN'] }, 60), baseUrl: 'http://127.0.0.1:8080' }
    const service = await bus.call(taskServiceOperations.delete, { kf_id: 'TS_00000000' }, call).catch(error => error)
    expect(service).toMatchObject({ code: 'not_found' })
    const late = { ...call, identity: identityToken('root', { roles: ['ADMIN'] }, -60) }
    const refused = await bus.call(taskServiceOperations.delete, { kf_id: 'TS_00000000' }, late).catch(error => error)
    expect(refused).toMatchObject({ code: 'unauthenticated' })
  } finally {
    child.kill('SIGKILL')
  }
})

test('a wrong environment is told and ends the process', async () => {
  const env = { ...process.env, DATABASE_URL: '', NATS_URL: 'nats://127.0.0.1:1', HEALTH_SECONDS: 'soon' }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  expect(code).toBe(1)
  expect(said).toContain('DATABASE_URL is not set')
  expect(said).toContain('HEALTH_SECONDS is wrong')
})

async function readyPort(output: NodeJS.ReadableStream): Promise<number> {
  for await (const line of createInterface(output)) {
    const { event, port } = JSON.parse(line) as { event?: string; port?: number }
    if (event === 'ready' && port) return port
  }
  throw new Error('the process ended before it was ready')
}
