import { once } from 'node:events'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { gatherWrites } from './gather-writes.ts'

test('what is written in one turn leaves together at its end, what comes later by itself', async () => {
  const left: string[] = []
  const stream = new Writable({
    writev(chunks, done) {
      left.push(chunks.map(({ chunk }) => String(chunk)).join(''))
      done()
    },
  })
  for (const text of ['a', 'b']) {
    gatherWrites(stream)
    stream.write(text)
  }
  await Promise.resolve().then(() => {
    gatherWrites(stream)
    stream.write('c')
  })
  expect(left).toEqual([])
  await new Promise(setImmediate)
  expect(left).toEqual(['abc'])
  gatherWrites(stream)
  stream.end('d')
  await once(stream, 'finish')
  expect(left).toEqual(['abc', 'd'])
})
