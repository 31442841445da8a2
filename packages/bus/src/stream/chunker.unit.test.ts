import { expect, test } from 'vitest'
import { createChunker } from './chunker.ts'

function cut(chunkBytes: number, pieces: readonly number[]): { sizes: number[]; bytes: Buffer } {
  const chunker = createChunker(chunkBytes)
  const chunks: Uint8Array[] = []
  let next = 0
  for (const length of pieces) {
    chunker.push(Uint8Array.from({ length }, () => next++ % 256))
    for (let chunk = chunker.full(); chunk; chunk = chunker.full()) chunks.push(chunk)
  }
  const rest = chunker.rest()
  if (rest) chunks.push(rest)
  return { sizes: chunks.map(chunk => chunk.length), bytes: Buffer.concat(chunks) }
}

test.for([
  [[], []],
  [[0, 0], []],
  [[4], [4]],
  [[10], [10]],
  [[25], [10, 10, 5]],
  [
    [3, 3, 3, 3],
    [10, 2],
  ],
  [
    [3, 27, 0, 1],
    [10, 10, 10, 1],
  ],
  [
    [10, 10],
    [10, 10],
  ],
])('pieces of %j become chunks of %j', ([pieces, expected]) => {
  const { sizes, bytes } = cut(10, pieces!)
  expect(sizes).toEqual(expected)
  expect([...bytes]).toEqual(Array.from({ length: bytes.length }, (_, index) => index % 256))
})

test('what is left over can be taken at any time', () => {
  const chunker = createChunker(10)
  chunker.push(Uint8Array.of(1, 2, 3))
  expect(chunker.full()).toBeUndefined()
  expect([...chunker.rest()!]).toEqual([1, 2, 3])
  expect(chunker.rest()).toBeUndefined()
  chunker.push(Uint8Array.of(4))
  chunker.full()
  expect([...chunker.rest()!]).toEqual([4])
})
