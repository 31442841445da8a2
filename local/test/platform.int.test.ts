import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { serviceNames } from '@slipway/contracts'
import { eventually, temporaryFolder, testNats, testPostgres } from '@slipway/testing'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { announcement } from '../src/announcement.ts'
import { type PlatformOptions, startPlatform } from '../src/mod.ts'
import { backUp, restore } from '../src/platform/backup.ts'
import { usualPort } from '../src/platform/settings.ts'

const scripted = (script: string) => ({
  cwd: import.meta.dirname,
  args: [join(import.meta.dirname, 'scripted-program.ts'), script],
})
const allScripted = Object.fromEntries(serviceNames.map(service => [service, scripted('good')]))

async function start(options: PlatformOptions = {}) {
  const notices: string[] = []
  const platform = await startPlatform({
    port: 0,
    dataDir: options.dataDir ?? (await dataFolder()),
    durable: false,
    programs: allScripted,
    notify: line => notices.push(line),
    ...options,
  })
  onTestFinished(() => platform.stop())
  return { platform, notices }
}

async function dataFolder(): Promise<string> {
  const folder = await temporaryFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return join(folder.path, 'data')
}

async function environmentAt(port: number): Promise<Record<string, string>> {
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  return ((await answer.json()) as { env: Record<string, string> }).env
}

test('servers, databases and services come up, and all go down in their order', async () => {
  const { platform, notices } = await start({ env: { exporter: { EXTRA: '1' } } })
  expect(platform.processes.map(process => `${process.service}-${process.replica}`).sort()).toEqual(
    serviceNames.map(service => `${service}-1`).sort(),
  )
  const gateway = platform.processes.find(process => process.service === 'gateway')
  expect(platform.url).toBe(`http://127.0.0.1:${gateway?.port}`)
  expect(await environmentAt(gateway?.port ?? 0)).toMatchObject({ SLIPWAY_ADMIN_TOKEN: platform.generated.token })
  const exporter = platform.processes.find(process => process.service === 'exporter')
  expect(await environmentAt(exporter?.port ?? 0)).toMatchObject({
    EXTRA: '1',
    NATS_URL: platform.natsUrl('exporter'),
  })

  const client = new pg.Client({ connectionString: platform.databaseUrl('catalog') })
  await client.connect()
  expect((await client.query('select current_database() as name')).rows).toEqual([{ name: 'slipway_catalog' }])
  await client.end()

  const { logs, dataDir } = platform
  await platform.stop()
  const asked = async (service: string, event: string): Promise<number> => {
    const log = await readFile(join(logs, `${service}-1.log`), 'utf8')
    return Number(new RegExp(`"event":"${event}","at":(\\d+)`, 'u').exec(log)?.[1])
  }
  const gatewayStopped = await asked('gateway', 'stopped')
  for (const service of serviceNames.filter(name => name !== 'gateway')) {
    expect(await asked(service, 'asked')).toBeGreaterThanOrEqual(gatewayStopped)
  }
  expect(notices.at(-1)).toContain('logs in')

  const again = await start({ dataDir })
  expect(again.platform.generated).toEqual({})
})

test('its NATS is announced with what programs need, and a given one is not', async () => {
  const { platform } = await start()
  const urls = announcement(platform).flatMap(line => /^ {2}export NATS_URL=(\S+)$/u.exec(line)?.[1] ?? [])
  expect(urls).toEqual([platform.natsUrl('integration'), platform.natsUrl('operator')])
  for (const url of urls) {
    const { host, username: user, password: pass } = new URL(url)
    await (await connect({ servers: host, user, pass, reconnect: false })).close()
  }
  const given = { ...platform, nats: undefined, natsAccessFile: undefined }
  expect(announcement(given).join()).not.toContain('NATS')
})

test('replicas, one more, one less, and a death', async () => {
  const servers = { databaseUrl: testPostgres().url, natsUrl: testNats().url }
  const { platform } = await start({ ...servers, replicas: { coordinator: 2, gateway: 2 } })
  expect(platform.postgres).toBeUndefined()
  expect(platform.nats).toBeUndefined()
  const of = (service: string) => platform.processes.filter(process => process.service === service)
  expect(of('coordinator').map(process => process.replica)).toEqual([1, 2])
  expect(new Set(of('gateway').map(process => process.port)).size).toBe(2)

  const third = await platform.startOne('coordinator')
  expect(third).toMatchObject({ service: 'coordinator', replica: 3, state: 'ready' })
  await of('coordinator')[0]?.stop()
  expect(of('coordinator').map(process => process.state)).toEqual(['ended', 'ready', 'ready'])

  const gateway = of('gateway')[0]
  await gateway?.kill()
  await gateway?.whenReady()
  expect(gateway?.restarts).toBe(1)
  expect(platform.url).toBe(`http://127.0.0.1:${gateway?.port}`)
})

test('killed servers come back through their handles, dead ones by themselves', async () => {
  const { platform } = await start()
  await platform.postgres?.kill()
  await platform.postgres?.restart()
  const client = new pg.Client({ connectionString: platform.databaseUrl('registry') })
  await client.connect()
  await client.end()

  const pid = platform.nats?.pid ?? 0
  process.kill(pid, 'SIGKILL')
  await eventually(() => platform.nats?.pid !== pid)
})

test.runIf(process.platform === 'linux')('a database that has much to write down is waited for', async () => {
  const { platform } = await start()
  const logFile = platform.postgres?.logFile ?? ''
  const client = new pg.Client({ connectionString: platform.databaseUrl('registry') })
  // The server ends its connection.
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query(`select pid from pg_stat_activity where backend_type = 'checkpointer'`)
  const [{ pid }] = rows
  process.kill(pid, 'SIGSTOP')
  const stopped = platform.stop()
  const written = () => readFile(logFile, 'utf8')
  await eventually(async () => (await written()).includes('received fast shutdown request'))
  // Twice as long as once was too long.
  await delay(2_600)
  process.kill(pid, 'SIGCONT')
  await stopped
  expect(await written()).toMatch(/database system is shut down\s*$/u)
})

test('the hard stop waits for nobody', async () => {
  const programs = Object.fromEntries(serviceNames.map(service => [service, scripted('stuck')]))
  const { platform } = await start({ programs })
  const pids = platform.processes.map(process => process.pid)
  await platform.kill()
  expect(platform.processes.map(process => process.state)).toEqual(serviceNames.map(() => 'ended'))
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  await start({ dataDir: platform.dataDir })
})

test('a service that can not start stops the whole, with its last words', async () => {
  const dataDir = await dataFolder()
  const programs = { ...allScripted, catalog: scripted('crash') }
  await expect(start({ dataDir, programs })).rejects.toThrow(/^catalog-1 ended \(exit code 3\).*the disk is full/su)
  await start({ dataDir })
})

test('an interrupted start leaves nothing behind', async () => {
  const dataDir = await dataFolder()
  const controller = new AbortController()
  const programs = { ...allScripted, registry: scripted('mute') }
  const notify = (line: string) => {
    if (line.startsWith('starting the services')) setImmediate(() => controller.abort(new Error('enough')))
  }
  await expect(start({ dataDir, programs, notify, signal: controller.signal })).rejects.toThrow('enough')
  await start({ dataDir })
})

test('a port that was asked for and is taken is an error, the usual one is replaced', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void holder.close())
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  await expect(start({ port })).rejects.toMatchObject({
    code: 'conflict',
    message: `SLIPWAY_PORT: port ${port} of 127.0.0.1 is taken; choose another, or 0 for a free one`,
  })

  const usual = createServer().listen(usualPort, '127.0.0.1')
  onTestFinished(() => void usual.close())
  // Taken by us or by somebody else: taken it is.
  await once(usual, 'listening').catch(() => {})
  const { platform, notices } = await start({ port: undefined })
  expect(notices[0]).toBe(`port 8080 of 127.0.0.1 is taken, using port ${new URL(platform.url).port} instead`)
})

test('a data folder serves one platform at a time', async () => {
  const { platform } = await start()
  await expect(start({ dataDir: platform.dataDir })).rejects.toMatchObject({ code: 'conflict' })
})

test('a backup of a stopped platform is restored into another folder; of a running one it is refused', async () => {
  const { platform } = await start()
  const { dataDir } = platform
  const file = join(dataDir, '../backup.tar.gz')
  const query = async (running: typeof platform, text: string) => {
    const client = new pg.Client({ connectionString: running.databaseUrl('catalog') })
    await client.connect()
    const { rows } = await client.query(text)
    await client.end()
    return rows
  }
  await query(platform, `create table kept as select 'what was there' as text`)
  await expect(backUp(dataDir, file, () => {})).rejects.toMatchObject({ code: 'conflict' })
  await platform.stop()
  await backUp(dataDir, file, () => {})
  await expect(backUp(dataDir, file, () => {})).rejects.toMatchObject({ code: 'conflict' })
  await expect(restore(dataDir, file, () => {})).rejects.toMatchObject({ code: 'conflict' })
  expect((await stat(file)).mode & 0o077).toBe(0)

  const other = await dataFolder()
  await restore(other, file, () => {})
  const again = await start({ dataDir: other })
  expect(await query(again.platform, 'select text from kept')).toEqual([{ text: 'what was there' }])
  // Programs of others go on with the credentials and the address that they have.
  expect(again.platform.natsUrl('integration')).toBe(platform.natsUrl('integration'))
  // Its administrator is known.
  expect(again.platform.generated).toEqual({})
})

test('what is no backup is one clear line', async () => {
  await expect(
    restore(await dataFolder(), join(import.meta.dirname, 'platform.int.test.ts'), () => {}),
  ).rejects.toThrow(/^\S+ could not be restored: [^\n]+$/u)
})

test('faults of accounts and servers are one clear line', async () => {
  await expect(start({ accounts: [{ login: '' }] })).rejects.toThrow(/^accounts: entry 1 \(\): login: /u)
  await expect(start({ databaseUrl: 'postgres://127.0.0.1:1/x' })).rejects.toThrow(
    /^DATABASE_URL: 127.0.0.1:1: database slipway_registry: .*ECONNREFUSED/u,
  )
})
