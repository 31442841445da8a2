import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { freePort } from '../src/free-port.ts'
import { startPostgres } from '../src/mod.ts'
import { waitForEnd } from '../src/processes.ts'
import { isGone, killWatchdogOf, ownerOf, temporaryFolder } from './fixture.ts'

const log = () => {}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('a PostgreSQL server', () => {
  test('is of version 18, orders by code point, and listens on 127.0.0.1 only', async () => {
    await using folder = await temporaryFolder()
    await using server = await startPostgres({ dataDir: folder.path, durable: false, log })
    const [row] = await query(
      server.url,
      `select current_setting('server_version_num')::int / 10000 as major, 'a' < 'B' as by_letter, lower('Ä') as lower,
              current_setting('listen_addresses') as address, current_setting('fsync') as fsync`,
    )
    expect(row).toEqual({ major: 18, by_letter: false, lower: 'ä', address: '127.0.0.1', fsync: 'off' })
  })

  test('keeps its password to its owner, and refuses another', async () => {
    await using folder = await temporaryFolder()
    await using server = await startPostgres({ dataDir: folder.path, durable: false, log })
    const { mode } = await stat(join(folder.path, 'password'))
    expect(mode & 0o777).toBe(0o600)
    const wrong = new URL(server.url)
    wrong.password = 'guessed'
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('keeps its data over stop and start, and makes a database once', async () => {
    await using folder = await temporaryFolder()
    const first = await startPostgres({ dataDir: folder.path, log })
    const url = await first.ensureDatabase('kept "well"')
    await query(url, 'create table note as select 42 as answer')
    expect(await first.ensureDatabase('kept "well"')).toBe(url)
    await first.stop()
    expect(await isGone(first.pid)).toBe(true)
    await using second = await startPostgres({ dataDir: folder.path, log })
    expect(await query(second.databaseUrl('kept "well"'), 'select answer from note')).toEqual([{ answer: 42 }])
  })

  test('comes back on the same port after a kill, with everything that was committed', async () => {
    await using folder = await temporaryFolder()
    const ends: string[] = []
    await using server = await startPostgres({ dataDir: folder.path, log, onExit: how => ends.push(how) })
    await query(server.url, 'create table note as select 42 as answer')
    const killed = server.pid
    await server.kill()
    expect(await isGone(killed)).toBe(true)
    await server.restart()
    expect(server.pid).not.toBe(killed)
    expect(await query(server.url, 'select answer from note')).toEqual([{ answer: 42 }])
    expect(ends).toEqual([])
  })

  test('tells when it dies by itself; stop returns all the same', async () => {
    await using folder = await temporaryFolder()
    const died = Promise.withResolvers<string>()
    const server = await startPostgres({ dataDir: folder.path, durable: false, log, onExit: died.resolve })
    process.kill(server.pid, 'SIGKILL')
    expect(await died.promise).toBe('signal SIGKILL')
    await server.stop()
    await server.stop()
  })

  test('says so when its port is taken', async () => {
    await using folder = await temporaryFolder()
    const stranger = createServer()
    const port = await freePort()
    await new Promise<void>(resolve => stranger.listen(port, '127.0.0.1', resolve))
    try {
      await expect(startPostgres({ dataDir: folder.path, port, durable: false, log })).rejects.toMatchObject({
        code: 'conflict',
        message: `PostgreSQL: port ${port} is taken by another program`,
      })
    } finally {
      stranger.close()
    }
  })

  test('does not take a process that got the id in its pid file for itself', async () => {
    await using folder = await temporaryFolder()
    const first = await startPostgres({ dataDir: folder.path, durable: false, log })
    const pidFile = join(folder.path, 'data/postmaster.pid')
    const lines = (await readFile(pidFile, 'utf8')).split('\n')
    await first.kill()
    await writeFile(pidFile, [process.pid, ...lines.slice(1)].join('\n'))
    await using second = await startPostgres({ dataDir: folder.path, durable: false, log })
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('a PostgreSQL server whose owner was killed', () => {
  test('stops by itself', async () => {
    await using folder = await temporaryFolder()
    const owner = await ownerOf('postgres', folder.path)
    owner.process.kill('SIGKILL')
    expect(await waitForEnd(owner.server, 10_000)).toBe(true)
  })

  test.runIf(process.platform === 'linux')('is found and stopped by the next start if it did not', async () => {
    await using folder = await temporaryFolder()
    const owner = await ownerOf('postgres', folder.path)
    await killWatchdogOf(owner.server)
    owner.process.kill('SIGKILL')
    await waitForEnd(owner.process.pid!, 10_000)
    expect(await isGone(owner.server)).toBe(false)
    const lines: string[] = []
    await using server = await startPostgres({ dataDir: folder.path, durable: false, log: line => lines.push(line) })
    expect(lines).toContainEqual(expect.stringContaining(`stopping process ${owner.server}, left over`))
    expect(await isGone(owner.server)).toBe(true)
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('is left alone while the owner lives', async () => {
    await using folder = await temporaryFolder()
    await using owner = await ownerOf('postgres', folder.path)
    await expect(startPostgres({ dataDir: folder.path, durable: false, log })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`in use by process ${owner.process.pid}`),
    })
    expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe.runIf(process.getuid?.() === 0)('started by root', () => {
  test('keeps its data elsewhere, and says so, when a folder above is closed to others', async () => {
    await using folder = await temporaryFolder()
    const dataDir = join(folder.path, 'closed/postgres')
    await mkdir(dataDir, { recursive: true })
    await chmod(join(folder.path, 'closed'), 0o700)
    const lines: string[] = []
    const start = () => startPostgres({ dataDir, durable: false, log: line => lines.push(line) })
    const first = await start()
    await query(first.url, 'create table note as select 42 as answer')
    await first.stop()
    const [line = ''] = lines
    expect(line).toContain(`(${folder.path}/closed is closed to the system user "postgres"`)
    const elsewhere = /kept in (\S+)/.exec(line)?.[1] ?? ''
    expect(existsSync(join(elsewhere, 'data'))).toBe(true)
    expect(existsSync(join(dataDir, 'data'))).toBe(false)
    // Opened in the meantime: the data stay where they are.
    await chmod(join(folder.path, 'closed'), 0o755)
    const second = await start()
    expect(await query(second.url, 'select answer from note')).toEqual([{ answer: 42 }])
    await second.stop()
    await rm(elsewhere, { recursive: true })
  })
})
