import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { failure } from '@slipway/contracts'
import type { PlatformApi } from '../platform-api.ts'
import type { ReleaseFile } from './package.ts'

export type Downloaded = { readonly bytes: number; readonly sha256: string }

/**
 * Downloads a file into a path, and fails with `bad_upstream` unless size and SHA-256 are those that the platform tells:
 * the size as the file's field, the digest as `Repr-Digest` (RFC 9530).
 */
export async function download(api: PlatformApi, file: ReleaseFile, to: string): Promise<Downloaded> {
  const { clientDownloadUrl: path, fileSize } = file
  const answer = await api.open('GET', path)
  if (!answer.ok || !answer.body) throw failure('bad_upstream', `GET ${path}: ${answer.status} ${await answer.text()}`)
  const hash = createHash('sha256')
  let bytes = 0
  async function* counted(pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      hash.update(piece)
      bytes += piece.length
      yield piece
    }
  }
  await pipeline(Readable.fromWeb(answer.body), counted, createWriteStream(to))
  const digest = hash.digest()
  const told = answer.headers.get('repr-digest')
  const found = `sha-256=:${digest.toString('base64')}:`
  if (told !== found) throw failure('bad_upstream', `${path}: the digest is ${found}, the platform says ${told}`)
  if (fileSize !== String(bytes)) {
    throw failure('bad_upstream', `${path}: ${bytes} bytes came, the platform says ${fileSize}`)
  }
  return { bytes, sha256: digest.toString('hex') }
}

/** The status that a download is refused with. Fails with `bad_upstream` when it is not refused. */
export async function refusedDownload(api: PlatformApi, { clientDownloadUrl: path }: ReleaseFile): Promise<number> {
  const answer = await api.open('GET', path)
  await answer.body?.cancel()
  if (answer.status === 401 || answer.status === 403) return answer.status
  throw failure('bad_upstream', `GET ${path}: ${answer.status}, although the caller has no right to the file`)
}
