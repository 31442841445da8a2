/** Size of a chunk; larger ones fragment the broker's buffers, smaller ones cost more headers. */
const usualChunkBytes = 128 * 1024

/** Chunks that may be under way: one MiB a stream, so that many slow readers do not add up to much. */
export const windowChunks = 8

/** Default of `BusOptions.streamIdleMs`. */
export const defaultIdleMs = 30_000

/** A chunk that is not full is sent when its source has yielded nothing for so long. */
export const flushPartialAfterMs = 1_000

/** Credit for a slow reader is sent after so long, even if it is less than half a window. */
export const grantAfterMs = 1_000

/** A side that waits for so long asks whether the other still lives. */
export const probeAfterMs = 2_000

/** Room that header blocks need beside a chunk. */
const headerRoom = 16 * 1024

/** Chunk size for a broker with this payload limit. */
export function chunkBytesFor(maxPayload: number): number {
  return Math.max(1024, Math.min(usualChunkBytes, maxPayload - headerRoom))
}

/** How often a stream looks at its clocks. */
export function sweepMs(idleMs: number): number {
  return Math.min(500, idleMs / 4)
}

/** Reads a number of chunks from a header; anything else counts as none. */
export function readCredit(value: string | undefined): number {
  const chunks = Number(value)
  return Number.isInteger(chunks) && chunks > 0 ? Math.min(chunks, 1024) : 0
}

/** Bytes of an answer at most that the caller takes in one piece: what outgrows one message comes as a stream. */
export const maxWholeAnswerBytes = 256 * 1024 * 1024

/** Bytes of a request at most: what outgrows one message is sent as a stream, and held by the service while it comes. */
export const maxWholeRequestBytes = 32 * 1024 * 1024

/** Milliseconds in which all of it must have come: others wait for the room that it has. */
export const wholeRequestMs = 60_000
