import type { Writable } from 'node:stream'

/**
 * Lets what is written in this turn of the event loop leave together, at its end. A turn answers everything that has
 * arrived: under load that is many messages, and a call of the operating system for each of them costs more than all
 * else that is done for it. A single message waits for nothing but the rest of its own turn.
 */
export function gatherWrites(stream: Writable): void {
  if (stream.writableCorked > 0) return
  stream.cork()
  setImmediate(() => stream.uncork())
}
