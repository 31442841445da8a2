import { failure } from '@slipway/contracts'

/** The pieces of a stream as one. @throws `too_large` beyond `limit` bytes; whoever sends hears of it */
export async function wholeOf(pieces: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const held: Uint8Array[] = []
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > limit) throw failure('too_large', `There are more than ${limit} bytes.`)
    held.push(piece)
  }
  return Buffer.concat(held, size)
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes
}
