import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from '@slipway/contracts'

export type Credentials = {
  readonly token?: string | undefined
  readonly password?: string | undefined
}

export type Administrator = {
  /** What the gateway is told; empty when it knows its administrator from an earlier start and nothing was given. */
  readonly credentials: Credentials
  /** What was made up here and nobody knows yet. */
  readonly generated: Credentials
  /** To be called when the gateway has made the account: from then on nothing is made up any more. */
  remember(): Promise<void>
}

/**
 * The first administrator's credentials for this start. Those that are not given are made at random once per database
 * server; only the gateway keeps them, as hashes, so that a later start must not announce others that would not work.
 */
export async function administratorFor(
  dataDir: string,
  databaseUrl: string | undefined,
  given: Credentials,
): Promise<Administrator> {
  const file = join(dataDir, 'administrator.json')
  const server = databaseUrl === undefined ? 'own' : fingerprint(databaseUrl)
  const known = await readMarker(file)
  if (known.includes(server)) return { credentials: given, generated: {}, async remember() {} }
  const generated: Credentials = {
    ...(given.token === undefined && { token: randomBytes(24).toString('base64url') }),
    ...(given.password === undefined && { password: randomBytes(12).toString('base64url') }),
  }
  return {
    credentials: { ...given, ...generated },
    generated,
    remember: () => writeFile(file, `${JSON.stringify({ madeIn: [...known, server] })}\n`),
  }
}

/** A given server is known by its address; the hash keeps it, and whatever else stands in the URL, out of the file. */
function fingerprint(databaseUrl: string): string {
  return createHash('sha256').update(new URL(databaseUrl).host).digest('hex').slice(0, 16)
}

async function readMarker(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '{}')
  try {
    const value: { madeIn?: unknown } = JSON.parse(text)
    return Array.isArray(value.madeIn) ? value.madeIn.map(String) : []
  } catch {
    throw failure('invalid', `${file} is damaged: it must be like {"madeIn":["own"]}`)
  }
}
