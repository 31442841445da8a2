import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDataDir } from './data-dir.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-data-dir-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

test('a data folder is made and belongs to one launcher at a time', async () => {
  const path = join(await folder(), 'a', 'b')
  const dir = await openDataDir(path)
  expect(dir.path).toBe(path)
  expect((await stat(dir.logs)).isDirectory()).toBe(true)
  await expect(openDataDir(path)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(`${path} is in use by a running launcher (process ${process.pid})`),
  })
  await dir.release()
  const next = await openDataDir(path)
  await dir.release()
  await expect(openDataDir(path)).rejects.toMatchObject({ code: 'conflict' })
  await next.release()
  expect(await readdir(path)).toEqual(['logs'])
})

test.for([
  ['that is not readable', ''],
  ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, startTime: '1' })],
])('a pid file %s is replaced', async ([, content]) => {
  const path = await folder()
  await writeFile(join(path, 'launcher.pid'), content as string)
  await (await openDataDir(path)).release()
})

test.runIf(process.platform === 'linux')('a process that came by the same id later is no launcher', async () => {
  const path = await folder()
  const stranger = spawn('sleep', ['60'])
  onTestFinished(() => void stranger.kill())
  await once(stranger, 'spawn')
  await writeFile(join(path, 'launcher.pid'), JSON.stringify({ pid: stranger.pid, startTime: '1' }))
  await (await openDataDir(path)).release()
  await writeFile(join(path, 'launcher.pid'), JSON.stringify({ pid: stranger.pid, startTime: null }))
  await expect(openDataDir(path)).rejects.toMatchObject({ code: 'conflict' })
})
