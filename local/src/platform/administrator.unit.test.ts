import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { administratorFor } from './administrator.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-administrator-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

test('credentials are made up until the gateway has them, then never again', async () => {
  const path = await folder()
  const first = await administratorFor(path, undefined, {})
  expect(first.generated).toEqual(first.credentials)
  expect(first.generated.token).toMatch(/^[\w-]{32}$/u)
  expect(first.generated.password).toMatch(/^[\w-]{16}$/u)

  const afterFailedStart = await administratorFor(path, undefined, {})
  expect(afterFailedStart.generated.token).toMatch(/^[\w-]{32}$/u)
  await afterFailedStart.remember()
  const later = await administratorFor(path, undefined, {})
  expect(later).toMatchObject({ credentials: {}, generated: {} })
})

test('what is given is passed on at every start, only the rest is made up', async () => {
  const path = await folder()
  const first = await administratorFor(path, undefined, { token: 'given' })
  expect(first.credentials).toEqual({ token: 'given', password: first.generated.password })
  expect(first.generated).not.toHaveProperty('token')
  await first.remember()
  const later = await administratorFor(path, undefined, { token: 'given' })
  expect(later).toMatchObject({ credentials: { token: 'given' }, generated: {} })
})

test('another database server has no administrator yet; the marker holds no secret', async () => {
  const path = await folder()
  await (await administratorFor(path, undefined, {})).remember()
  const given = await administratorFor(path, 'postgres://me:secret@db.example/postgres', {})
  expect(given.generated.token).toBeDefined()
  await given.remember()
  const same = await administratorFor(path, 'postgres://you:other@db.example/x', {})
  expect(same.generated).toEqual({})
  expect(await readFile(join(path, 'administrator.json'), 'utf8')).not.toMatch(/secret|example/u)
})
