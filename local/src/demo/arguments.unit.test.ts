import { expect, test } from 'vitest'
import { failureNames, readArguments } from './arguments.ts'

test('flags', () => {
  expect(readArguments([])).toEqual({ help: false, fail: undefined })
  expect(readArguments(['-h'])).toEqual({ help: true, fail: undefined })
  for (const name of failureNames) expect(readArguments([`--fail=${name}`])).toEqual({ help: false, fail: name })
})

test.for([['--fail=late'], ['--fail'], ['--quick'], ['now']])('%s is refused with the usage', args => {
  expect(() => readArguments(args)).toThrow(/npm run demo/u)
})
