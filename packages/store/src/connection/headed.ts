/**
 * Bytes in front of others, given away only when the first of those are there. What fails before, for want of a
 * connection for example, can so be answered as a failure, and not with a good status and an answer that breaks off.
 */
export async function* headed(
  head: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const pieces = rest[Symbol.asyncIterator]()
  try {
    let piece = await pieces.next()
    yield head
    for (; !piece.done; piece = await pieces.next()) yield piece.value
  } finally {
    await pieces.return?.()
  }
}
