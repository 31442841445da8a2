import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findProgram } from './find-program.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-programs-'))
  await writeFile(join(folder, 'readable-only'), '')
  await writeFile(join(folder, 'sh'), '')
  await chmod(join(folder, 'sh'), 0o755)
})

afterAll(() => rm(folder, { recursive: true }))

test('the PATH comes first, then the usual places', async () => {
  expect(await findProgram('sh', ['/not/there', folder].join(delimiter))).toBe(join(folder, 'sh'))
  expect(await findProgram('env', '')).toBe('/usr/bin/env')
})

test('a file that may not be executed is not a program', async () => {
  expect(await findProgram('readable-only', folder)).toBeNull()
})
