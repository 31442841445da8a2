import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { writeTree } from '../imports/fixture.ts'
import { readResult, removeResults } from './read-results.ts'

const report = 'packages/bus/.results/vitest.json'

const startTime = Date.parse('2026-01-01')

function resultOf(content: string | object) {
  using fixture = writeTree({ [report]: content })
  return readResult(fixture.root, 'packages/bus')
}

const file = (status: string, statuses: string[], message = '') => ({
  name: 'src/a.unit.test.ts',
  status,
  message,
  endTime: startTime + 1500,
  assertionResults: statuses.map((status, index) => ({ status, fullName: `test ${index}` })),
})

test('counts what passed, failed and was skipped', () => {
  const testResults = [file('failed', ['passed', 'failed', 'skipped', 'todo', 'pending']), file('passed', ['passed'])]
  expect(resultOf({ success: false, startTime, testResults })).toEqual({
    workspace: 'packages/bus',
    passed: 2,
    skipped: 3,
    seconds: 1.5,
    failures: ['src/a.unit.test.ts > test 1'],
  })
})

test('says of a failed test the first line of its error', () => {
  const failed = {
    status: 'failed',
    fullName: 'adds',
    failureMessages: ['AssertionError: expected 1 to be 2\n  at a.ts'],
  }
  const testResults = [{ ...file('failed', []), assertionResults: [failed] }]
  expect(resultOf({ success: false, startTime, testResults }).failures).toEqual([
    'src/a.unit.test.ts > adds: AssertionError: expected 1 to be 2',
  ])
})

test('shows files from the root on', () => {
  using fixture = writeTree({ 'packages/bus/src/a.ts': '' })
  const failed = { ...file('failed', ['failed']), name: `${fixture.root}/packages/bus/src/a.unit.test.ts` }
  mkdirSync(dirname(join(fixture.root, report)))
  writeFileSync(join(fixture.root, report), JSON.stringify({ success: false, startTime, testResults: [failed] }))
  expect(readResult(fixture.root, 'packages/bus').failures).toEqual(['packages/bus/src/a.unit.test.ts > test 0'])
})

test('a file that does not load is a failure', () => {
  const testResults = [file('failed', [], 'SyntaxError: oh\n  at line 1'), file('failed', ['passed'])]
  expect(resultOf({ success: false, startTime, testResults })).toMatchObject({
    passed: 1,
    failures: ['src/a.unit.test.ts: SyntaxError: oh', 'src/a.unit.test.ts: the file failed outside its tests'],
  })
})

test('a run that failed without any failed test is a failure', () => {
  expect(resultOf({ success: false, startTime, testResults: [file('passed', ['passed'])] }).failures).toEqual([
    'packages/bus: an error outside the tests, see its output',
  ])
})

test('a report that is missing, or was removed as an old one, or cannot be read, is a failure', () => {
  using fixture = writeTree({ [report]: { success: true, startTime, testResults: [] } })
  expect(readResult(fixture.root, 'packages/bus').failures).toEqual([])
  removeResults(fixture.root, ['packages/bus'])
  const missing = ['packages/bus: vitest left no report, see its output above']
  expect(readResult(fixture.root, 'packages/bus').failures).toEqual(missing)
  expect(resultOf('{"success":').failures).toEqual(missing)
})
