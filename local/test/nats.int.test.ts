import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { parseServerList } from '@slipway/bus'
import { serviceNames } from '@slipway/contracts'
import { freePort, type NatsServer, startNats } from '@slipway/servers'
import { temporaryFolder } from '@slipway/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkGivenNats } from '../src/platform/given-nats.ts'
import { type OwnNats, startOwnNats } from '../src/platform/nats-server.ts'

async function folder(): Promise<string> {
  const made = await temporaryFolder()
  onTestFinished(() => made[Symbol.asyncDispose]())
  return made.path
}

async function start(dataDir: string, port?: number): Promise<OwnNats & { readonly lines: string[] }> {
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  const nats = await startOwnNats({ dataDir, port, config: undefined, log, onExit: log })
  onTestFinished(() => nats.server.stop())
  return { ...nats, lines }
}

function connectAs(server: NatsServer, user: string, pass: string | undefined): Promise<NatsConnection> {
  return connect({ servers: `127.0.0.1:${server.port}`, user, pass: pass ?? '', reconnect: false })
}

describe('the NATS of the launcher', () => {
  test('knows its users only, each by a password that only this user of the machine may read', async () => {
    const dataDir = await folder()
    const { server, access } = await start(dataDir)
    expect(Object.keys(access.passwords)).toEqual([...serviceNames, 'operator', 'integration'])
    expect(new Set(Object.values(access.passwords)).size).toBe(7)
    for (const [user, password] of Object.entries(access.passwords)) {
      expect(password).toMatch(/^[a-z][a-z0-9]{48}$/u)
      await (await connectAs(server, user, password)).close()
      await expect(connectAs(server, user, `${password}0`)).rejects.toThrow(/authorization/i)
    }
    await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(/authorization/i)
    expect((await stat(access.file)).mode & 0o777).toBe(0o600)
  })

  test('keeps passwords and port over its starts', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    await first.server.stop()
    const second = await start(dataDir)
    expect(second.server.url).toBe(first.server.url)
    expect(second.access.passwords).toEqual(first.access.passwords)
    // The same password as before opens it, and not only the file says so.
    await (await connectAs(second.server, 'integration', first.access.passwords.integration)).close()
  })

  test('takes another port, and says so, when somebody has taken its own; one that was asked for is missed', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    await first.server.stop()
    const { port } = first.server
    const holder = createServer().listen(port, '127.0.0.1')
    onTestFinished(() => void holder.close())
    await once(holder, 'listening')

    await expect(start(dataDir, port)).rejects.toMatchObject({
      code: 'conflict',
      message: `SLIPWAY_NATS_PORT: port ${port} of 127.0.0.1 is taken; choose another, or 0 for a free one`,
    })
    const second = await start(dataDir)
    expect(second.server.port).not.toBe(port)
    const said = `port ${port} of 127.0.0.1 is taken, NATS uses port ${second.server.port} instead: programs of others need the new address`
    expect(second.lines).toContain(said)
    await second.server.stop()
    expect((await start(dataDir)).server.port).toBe(second.server.port)
  })

  test('listens on the port that was asked for', async () => {
    const port = await freePort()
    expect((await start(await folder(), port)).server.port).toBe(port)
  })

  test('says in one line when its file of passwords is damaged', async () => {
    const dataDir = await folder()
    const { server, access } = await start(dataDir)
    await server.stop()
    await writeFile(access.file, (await readFile(access.file, 'utf8')).slice(0, 40))
    await expect(start(dataDir)).rejects.toMatchObject({
      code: 'invalid',
      message: `${access.file} is damaged; remove it, and NATS gets new passwords and a new port`,
    })
  })
})

test('a given NATS is asked with the credentials that were given', async () => {
  const dataDir = await folder()
  const config = join(dataDir, 'given.conf')
  await writeFile(config, 'authorization { user: slipway, password: "se/cret1" }\n')
  const server = await startNats({ dataDir: join(dataDir, 'nats'), config, log: () => {} })
  onTestFinished(() => server.stop())
  const url = `nats://slipway:se%2Fcret1@127.0.0.1:${server.port}`
  expect(parseServerList(url).credentials).toEqual({ user: 'slipway', pass: 'se/cret1' })
  await checkGivenNats(url)
  const refused = checkGivenNats(server.url)
  await expect(refused).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /^NATS_URL: no NATS server can be used at nats:\/\/127\.0\.0\.1:\d+: .*authorization/iu,
    ),
  })
})
