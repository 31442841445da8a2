/** Bytes of a chunk; the last one of a blob is shorter. Stored data depends on it. */
export const chunkBytes = 128 * 1024

/** Pieces of any size, cut anew into chunks. */
export async function* chunksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  let pending: Uint8Array[] = []
  let size = 0
  for await (const piece of body) {
    let rest = piece
    while (size + rest.length >= chunkBytes) {
      const taken = chunkBytes - size
      yield Buffer.concat([...pending, rest.subarray(0, taken)], chunkBytes)
      rest = rest.subarray(taken)
      pending = []
      size = 0
    }
    if (rest.length > 0) {
      pending.push(rest)
      size += rest.length
    }
  }
  if (size > 0) yield Buffer.concat(pending, size)
}
