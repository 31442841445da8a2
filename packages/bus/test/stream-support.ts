export const chunk = 128 * 1024
export const windowBytes = 8 * chunk
export const MiB = 1024 * 1024

/** Pieces of numbered bytes; counts what was taken from it and whether it was closed. */
export function source(pieces: number, pieceBytes: number) {
  const state = { yielded: 0, closed: false }
  async function* run() {
    try {
      for (let piece = 0; piece < pieces; piece += 1) {
        state.yielded += pieceBytes
        yield Buffer.alloc(pieceBytes, piece % 251)
      }
    } finally {
      state.closed = true
    }
  }
  return { state, body: run() }
}

export async function readAll(
  body: AsyncIterable<Uint8Array>,
  each: (bytes: number) => unknown = () => {},
): Promise<number> {
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    await each(bytes)
  }
  return bytes
}
