import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { headed } from './headed.ts'

const head = Buffer.from('head ')
async function* pieces(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

test('the head stands in front of the rest, however much that is', async () => {
  expect((await buffer(headed(head, pieces('a', 'b')))).toString()).toBe('head ab')
  expect((await buffer(headed(head, pieces()))).toString()).toBe('head ')
})

test('nothing is given away of what fails before its first piece', async () => {
  const failing = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no connection')) }) }
  await expect(headed(head, failing).next()).rejects.toThrow('no connection')
})

test('whoever leaves ends the rest, too', async () => {
  let ended = false
  async function* endless() {
    try {
      for (;;) yield Buffer.from('x')
    } finally {
      ended = true
    }
  }
  for await (const _ of headed(head, endless())) break
  expect(ended).toBe(true)
})
