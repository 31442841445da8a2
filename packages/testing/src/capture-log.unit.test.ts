import { expect, test } from 'vitest'
import { captureLog } from './capture-log.ts'

test('lines of every level can be looked up by their message', () => {
  const { log, lines, matching, clear } = captureLog()
  log.trace({ subject: 'a' }, 'message sent')
  log.child({ release: 'RE_1' }).error(new Error('no'), 'message lost')
  expect(lines.map(line => line.level)).toEqual([10, 50])
  expect(matching('lost')).toMatchObject([{ release: 'RE_1', err: { message: 'no' } }])
  expect(matching(/^message/)).toHaveLength(2)
  clear()
  expect(lines).toEqual([])
})
