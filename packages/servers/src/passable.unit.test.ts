import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blockedBy } from './passable.ts'

let folder = ''
const stranger = { uid: 54_321, gid: 54_321 }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-passable-'))
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'closed/inner'), { recursive: true })
  await chmod(join(folder, 'closed'), 0o750)
})

afterAll(() => rm(folder, { recursive: true }))

test('names the first folder that a user may not pass', async () => {
  expect(await blockedBy(join(folder, 'closed/inner/not-there'), stranger)).toBe(join(folder, 'closed'))
})

test('folders that do not exist yet are in nobody’s way', async () => {
  expect(await blockedBy(join(folder, 'not/there'), stranger)).toBeNull()
})

test('the owner and the group have bits of their own', async () => {
  const { uid, gid } = await stat(join(folder, 'closed'))
  expect(await blockedBy(join(folder, 'closed/inner'), { uid, gid: stranger.gid })).toBeNull()
  expect(await blockedBy(join(folder, 'closed/inner'), { uid: stranger.uid, gid })).toBeNull()
})
