import { expect, test } from 'vitest'
import { splitTrailer, withTrailer } from './trailer.ts'
import { wholeOf } from './whole.ts'

async function* cutEvery(size: number, stream: AsyncIterable<Uint8Array>) {
  const bytes = await wholeOf(stream, 1_000_000)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function* pieces(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

test('pieces and trailer come back however the bytes were cut', async () => {
  for (const size of [1, 3, 7, 1_000]) {
    const split = splitTrailer(
      cutEvery(
        size,
        withTrailer(pieces('abc', '', 'defgh'), async () => ({ owner: 'x' })),
      ),
    )
    expect(Buffer.from(await wholeOf(split.pieces, 100)).toString()).toBe('abcdefgh')
    expect(await split.trailer()).toEqual({ owner: 'x' })
  }
})

test('the trailer is found though nobody read the pieces to their end', async () => {
  const split = splitTrailer(
    cutEvery(
      2,
      withTrailer(pieces('abc', 'defgh'), async () => null),
    ),
  )
  for await (const piece of split.pieces) {
    expect(piece.length).toBeGreaterThan(0)
    break
  }
  expect(await split.trailer()).toBeNull()
})

test('a stream that was cut is no whole one', async () => {
  const split = splitTrailer(pieces('\0\0\0\u0005ab'))
  await expect(wholeOf(split.pieces, 100)).rejects.toMatchObject({ code: 'malformed' })
})
