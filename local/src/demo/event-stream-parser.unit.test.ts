import { expect, test } from 'vitest'
import { createEventStreamParser } from './event-stream-parser.ts'

test('events with id, name and data', () => {
  const parser = createEventStreamParser()
  expect(parser.push('id: 7\nevent: task.staged\ndata: {"a":1}\n\n')).toEqual([
    { id: '7', event: 'task.staged', data: '{"a":1}' },
  ])
})

test('text may be cut anywhere', () => {
  const text =
    ': hello\r\n\r\nid: 1\r\nevent: a\r\ndata: one\r\ndata: two\r\n\r\ndata:three\n\nid: 3\rdata\r\rdata: lost'
  const expected = [
    { id: '1', event: 'a', data: 'one\ntwo' },
    { id: '1', event: 'message', data: 'three' },
    { id: '3', event: 'message', data: '' },
  ]
  expect(createEventStreamParser().push(text)).toEqual(expected)
  const byCharacter = createEventStreamParser()
  expect([...text].flatMap(character => byCharacter.push(character))).toEqual(expected)
})

test('only one blank after the colon goes; unknown fields and events without data are skipped', () => {
  const parser = createEventStreamParser()
  const events = parser.push('event: nothing\n\nretry: 5\nfield\ndata:  two blanks\n\n')
  expect(events).toEqual([{ id: '', event: 'message', data: ' two blanks' }])
})

test('an event is complete with its empty line only', () => {
  const parser = createEventStreamParser()
  expect(parser.push('data: x\n')).toEqual([])
  expect(parser.push('\n')).toHaveLength(1)
})
