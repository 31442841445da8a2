import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

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

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes in use, without garbage: the bytes of buffers go with the second run only. */
function bytesInUse(): number {
  collectGarbage()
  collectGarbage()
  const { external, heapUsed } = process.memoryUsage()
  return external + heapUsed
}

/** Looks at the memory each time 20 MiB more have passed, and keeps the most that was used beyond that of its beginning. */
export function watchMemory() {
  const before = bytesInUse()
  let looked = 0
  const watched = {
    most: 0,
    passed(bytes: number) {
      if (bytes < looked + 20 * MiB) return
      looked = bytes
      watched.most = Math.max(watched.most, bytesInUse() - before)
    },
  }
  return watched
}
