import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cloneDatabase } from '@slipway/store'
import { startOwnNats, testPostgres } from '@slipway/testing'
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
