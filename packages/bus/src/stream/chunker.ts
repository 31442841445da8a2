/** Cuts what a source yields, pieces of any size, into chunks of one size. */
export type Chunker = {
  /** Takes a piece; it belongs to the chunker from now on. Call `full` until it gives nothing before the next. */
  push(bytes: Uint8Array): void
  full(): Uint8Array | undefined
  /** What is left over, if anything. */
  rest(): Uint8Array | undefined
}

export function createChunker(chunkBytes: number): Chunker {
  let piece: Uint8Array = new Uint8Array(0)
  let partial: Buffer | undefined
  let filled = 0

  function emitPartial(): Uint8Array | undefined {
    const chunk = partial?.subarray(0, filled)
    partial = undefined
    filled = 0
    return chunk
  }

  return {
    push(bytes) {
      piece = bytes
    },
    full() {
      if (piece.length === 0) return undefined
      if (filled === 0 && piece.length >= chunkBytes) {
        const chunk = piece.subarray(0, chunkBytes)
        piece = piece.subarray(chunkBytes)
        return chunk
      }
      partial ??= Buffer.allocUnsafeSlow(chunkBytes)
      const taken = Math.min(chunkBytes - filled, piece.length)
      partial.set(taken === piece.length ? piece : piece.subarray(0, taken), filled)
      filled += taken
      piece = piece.subarray(taken)
      return filled === chunkBytes ? emitPartial() : undefined
    },
    rest: emitPartial,
  }
}
