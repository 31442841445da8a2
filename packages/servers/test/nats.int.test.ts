import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { freePort } from '../src/free-port.ts'
import { startNats } from '../src/mod.ts'
import { natsInfo } from '../src/nats-info.ts'
import { waitForEnd } from '../src/processes.ts'
import { isGone, killWatchdogOf, ownerOf, temporaryFolder } from './fixture.ts'

const log = () => {}

describe('a NATS server', () => {
  test('runs JetStream, says where it comes from, and is gone after stop', async () => {
    await using folder = await temporaryFolder()
    const lines: string[] = []
    const server = await startNats({ dataDir: folder.path, log: line => lines.push(line) })
    expect(await natsInfo(server.port)).toMatchObject({ jetstream: true })
    expect(lines).toEqual([expect.stringMatching(/^NATS: /)])
    await server.stop()
    await server.stop()
    expect(await isGone(server.pid)).toBe(true)
  })

  test('comes back on the same port after a kill', async () => {
    await using folder = await temporaryFolder()
    const ends: string[] = []
    await using server = await startNats({ dataDir: folder.path, log, onExit: how => ends.push(how) })
    const { pid, url } = server
    await server.kill()
    expect(await natsInfo(server.port)).toBeNull()
    await server.restart()
    expect(server.url).toBe(url)
    expect(server.pid).not.toBe(pid)
    expect(await natsInfo(server.port)).toMatchObject({ jetstream: true })
    expect(ends).toEqual([])
  })

  test('tells when it dies by itself', async () => {
    await using folder = await temporaryFolder()
    const died = Promise.withResolvers<string>()
    await using server = await startNats({ dataDir: folder.path, log, onExit: died.resolve })
    process.kill(server.pid, 'SIGKILL')
    expect(await died.promise).toBe('signal SIGKILL')
  })

  test('reads a configuration file, and names what is wrong in one', async () => {
    await using folder = await temporaryFolder()
    const config = join(folder.path, 'nats.conf')
    await writeFile(config, 'max_payload: 2097152\n')
    await using server = await startNats({ dataDir: join(folder.path, 'good'), config, log })
    expect(await natsInfo(server.port)).toMatchObject({ max_payload: 2_097_152, jetstream: true })
    await writeFile(config, 'no_such_key: 1\n')
    await expect(startNats({ dataDir: join(folder.path, 'bad'), config, log })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('unknown field "no_such_key"'),
    })
  })

  test('says so when its port is taken', async () => {
    await using folder = await temporaryFolder()
    const stranger = createServer()
    const port = await freePort()
    await new Promise<void>(resolve => stranger.listen(port, '127.0.0.1', resolve))
    try {
      await expect(startNats({ dataDir: folder.path, port, log })).rejects.toMatchObject({ code: 'conflict' })
    } finally {
      stranger.close()
    }
  })
})

describe('a NATS server whose owner was killed', () => {
  test('stops by itself', async () => {
    await using folder = await temporaryFolder()
    const owner = await ownerOf('nats', folder.path)
    owner.process.kill('SIGKILL')
    expect(await waitForEnd(owner.server, 10_000)).toBe(true)
  })

  test.runIf(process.platform === 'linux')('is found and stopped by the next start if it did not', async () => {
    await using folder = await temporaryFolder()
    const owner = await ownerOf('nats', folder.path)
    await killWatchdogOf(owner.server)
    owner.process.kill('SIGKILL')
    await waitForEnd(owner.process.pid!, 10_000)
    expect(await isGone(owner.server)).toBe(false)
    await using server = await startNats({ dataDir: folder.path, log })
    expect(await isGone(owner.server)).toBe(true)
    expect(await natsInfo(server.port)).toMatchObject({ jetstream: true })
  })

  test('is left alone while the owner lives', async () => {
    await using folder = await temporaryFolder()
    await using owner = await ownerOf('nats', folder.path)
    await expect(startNats({ dataDir: folder.path, log })).rejects.toMatchObject({ code: 'conflict' })
    expect(await isGone(owner.server)).toBe(false)
  })
})
