import { expect, test } from 'vitest'
import { dataFolderFault, dataFolderProblem } from './data-folder.ts'

const plenty = 1e12
const fault = (entries: readonly string[], freeBytes: number | null = plenty) =>
  dataFolderFault('/data', { entries, freeBytes })

test.each([
  [[]],
  [['logs']],
  [['administrator.json', 'logs', 'nats', 'postgres']],
  [['postgres', 'notes of mine.txt']],
  [['lost+found']],
  [['demo']],
])('a folder with %j is good', entries => expect(fault(entries)).toBeUndefined())

test('a folder of something else is refused, and what it holds is named', () => {
  expect(fault(['package.json', 'src', 'logs'])).toBe(
    'the data folder /data holds something else (package.json, src); choose an empty or a new one, with room, with SLIPWAY_DATA_DIR',
  )
  expect(fault(['PG_VERSION', 'base', 'global', 'pg_wal', 'logs'])).toContain('(PG_VERSION, base, global, …)')
})

test('a disk without room for the first start, or for the next one, is refused; one that does not tell is not', () => {
  expect(fault([], 100 * 1_048_576)).toContain('is full: 100 MiB are left, 256 MiB are needed')
  expect(fault(['postgres'], 100 * 1_048_576)).toBeUndefined()
  expect(fault(['postgres'], 1_000_000)).toContain('is full: 0 MiB are left, 32 MiB are needed')
  expect(fault([], null)).toBeUndefined()
})

test('what the operating system says becomes a sentence', () => {
  const error = (code: string) => Object.assign(new Error(`${code}: mkdir '/data'`), { code })
  expect(dataFolderProblem('/data', error('EACCES'))).toBe(
    'the data folder /data may not be written by this user; choose another one with SLIPWAY_DATA_DIR',
  )
  expect(dataFolderProblem('/data', error('ELOOP'))).toContain("can not be used: ELOOP: mkdir '/data'")
})
