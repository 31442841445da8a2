import { expect, test } from 'vitest'
import { summary } from './summary.ts'

const result = (workspace: string, passed: number, failures: string[] = [], skipped = 0) => ({
  workspace,
  passed,
  skipped,
  seconds: 2.3,
  failures,
})

test('ends with the totals alone on the last line', () => {
  expect(summary([result('packages/bus', 3), result('local', 4)], []).at(-1)).toBe('7 passed, 0 failed')
  expect(summary([result('local', 4, [], 2)], []).at(-1)).toBe('4 passed, 0 failed, 2 skipped')
})

test('names what failed, checks first, and counts a check like a test', () => {
  const lines = summary(
    [result('packages/bus', 3, ['a.test.ts > works']), result('packages/service', 0)],
    ['types (tsc)'],
  )
  expect(lines).toEqual([
    'Failures:',
    '  types (tsc)',
    '  a.test.ts > works',
    '',
    'workspace      passed   failed  skipped  seconds',
    'packages/bus        3        1        0        3',
    '',
    '3 passed, 2 failed',
  ])
})
