import { createHash } from 'node:crypto'
import { failure } from '@slipway/contracts'
import type { Blob } from './types.ts'

/** Passes bytes on and checks them; whoever gets the last piece knows that all of them are right. */
export async function* verified({ size, sha256 }: Blob, body: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256')
  let seen = 0
  let held: Uint8Array | undefined
  for await (const piece of body) {
    hash.update(piece)
    seen += piece.length
    if (held) yield held
    held = piece
  }
  if (seen !== size || hash.digest('hex') !== sha256) throw failure('bad_upstream', 'The stored bytes are damaged.')
  if (held) yield held
}
