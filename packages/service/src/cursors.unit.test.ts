import { expect, test } from 'vitest'
import { cursors } from './cursors.ts'

const ours = cursors(Buffer.from('a key of this service'))
const refused = expect.objectContaining({ code: 'invalid' })

test('a cursor says where the list goes on', () => {
  const place = { sort: '-name', after: ['Ärzte "x"', 7, null] }
  expect(ours.read(ours.write(place), '-name')).toEqual(place)
})

test('a cursor of another order, service or hand is refused', () => {
  const cursor = ours.write({ sort: 'name', after: ['x', 1] })
  expect(() => ours.read(cursor, '-name')).toThrow(refused)
  expect(() => cursors(Buffer.from('another key')).read(cursor, 'name')).toThrow(refused)
  const bytes = Buffer.from(cursor, 'base64url')
  for (const index of bytes.keys()) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] as number) ^ 1
    expect(() => ours.read(changed.toString('base64url'), 'name')).toThrow(refused)
  }
  for (const text of ['', 'x', '!!', 'AAAA']) expect(() => ours.read(text, 'name')).toThrow(refused)
})
