import { expect, test } from 'vitest'
import { failureNames, readArguments } from './arguments.ts'

test('flags', () => {
  const none = { help: false, fail: undefined, words: 'all' }
  expect(readArguments([])).toEqual(none)
  expect(readArguments(['-h'])).toEqual({ ...none, help: true })
  expect(readArguments(['--words=verb'])).toEqual({ ...none, words: 'verb' })
  for (const fail of failureNames) expect(readArguments([`--fail=${fail}`])).toEqual({ ...none, fail, words: 'adverb' })
  expect(readArguments(['--fail=die', '--words=noun'])).toEqual({ ...none, fail: 'die', words: 'noun' })
})

test.for([['--fail=late'], ['--fail'], ['--words=toString'], ['--words=some'], ['--quick'], ['now']])(
  '%s is refused with the usage',
  args => {
    expect(() => readArguments(args)).toThrow(/npm run demo/u)
  },
)
