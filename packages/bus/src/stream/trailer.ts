import { failure } from '@slipway/contracts'

const lengthBytes = 4

/**
 * A stream of bytes with what is known at its end only, in one: each piece behind its length, then a length of nothing
 * and the trailer as JSON.
 */
export async function* withTrailer(
  pieces: AsyncIterable<Uint8Array>,
  trailer: () => Promise<unknown>,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of pieces) {
    if (piece.length === 0) continue
    yield lengthOf(piece)
    yield piece
  }
  yield lengthOf(new Uint8Array(0))
  yield Buffer.from(JSON.stringify(await trailer()) ?? 'null')
}

function lengthOf(piece: Uint8Array): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(piece.length)
  return length
}

/** Takes apart what `withTrailer` made. `trailer` reads what is left of the pieces, and is asked for once. */
export function splitTrailer(stream: AsyncIterable<Uint8Array>, maxTrailerBytes = 65_536) {
  const source = stream[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  let left = 0
  let ended = false

  async function fill(): Promise<boolean> {
    const { done, value } = await source.next()
    if (done) return false
    held = held.length === 0 ? Buffer.from(value) : Buffer.concat([held, value])
    return true
  }

  async function next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const over = { done: true, value: undefined } as const
    while (left === 0) {
      if (ended) return over
      while (held.length < lengthBytes) if (!(await fill())) throw cut()
      left = held.readUInt32BE(0)
      held = held.subarray(lengthBytes)
      ended = left === 0
    }
    if (held.length === 0 && !(await fill())) throw cut()
    const piece = held.subarray(0, left)
    held = held.subarray(piece.length)
    left -= piece.length
    return { done: false, value: piece }
  }

  return {
    /** Leaving off early leaves the rest for `trailer`. */
    pieces: { [Symbol.asyncIterator]: () => ({ next }) } as AsyncIterable<Uint8Array>,
    async trailer(): Promise<unknown> {
      while (!(await next()).done);
      while (await fill()) if (held.length > maxTrailerBytes) throw failure('too_large', 'The trailer is too long.')
      try {
        return JSON.parse(held.toString('utf8'))
      } catch (cause) {
        throw failure('malformed', 'The trailer is not valid JSON.', { cause })
      }
    },
  }
}

const cut = () => failure('malformed', 'The stream ended before its trailer.')
