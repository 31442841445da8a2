import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDatabase, eventually, freePort, startOwnNats, temporaryFolder } from '@slipway/testing'
import { expect, onTestFinished, test } from 'vitest'
import { baseConfig } from '../src/config.ts'
import { startService } from '../src/start-service.ts'

test('a service that starts while the event stream is away says so, and waits for it', async () => {
  const folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const config = join(folder.path, 'nats.conf')
  const withStreams = (how: string) =>
    writeFile(config, `accounts { A { ${how} users: [{ user: a, password: b }] } }\n`)
  await withStreams('')
  const nats = await startOwnNats({ config })
  onTestFinished(() => nats[Symbol.asyncDispose]())
  const database = await createDatabase({ migrations: [new URL('./migrations/', import.meta.url)], name: 'exporter' })
  onTestFinished(() => database[Symbol.asyncDispose]())
  const port = await freePort()

  const starting = startService(
    {
      name: 'exporter',
      version: '1.2.3',
      config: baseConfig,
      migrations: new URL('./migrations/', import.meta.url),
      build: () => ({ operations: [] }),
    },
    {
      NATS_URL: nats.url.replace('://', '://a:b@'),
      DATABASE_URL: database.url,
      SLIPWAY_SERVICE_HOST: '127.0.0.1',
      SLIPWAY_SERVICE_PORT: String(port),
      LOG_LEVEL: 'fatal',
    },
  )
  const readiness = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    return { status: answer.status, body: await answer.json() }
  }
  await Promise.race([
    starting,
    eventually(async () => {
      expect(await readiness()).toEqual({
        status: 503,
        body: { status: 'not ready', reason: 'the event stream is away' },
      })
    }),
  ])
  expect((await readiness()).status).toBe(503)

  await withStreams('jetstream: enabled,')
  await nats.restart()
  const service = await starting
  onTestFinished(() => service.stop())
  expect((await readiness()).status).toBe(200)
})
