import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { blockedBy } from './passable.ts'
import { openRootFor, placeFor } from './reachable-place.ts'
import type { SystemUser } from './system-user.ts'

/**
 * Where PostgreSQL keeps its files: `dataDir`, unless we are root and the way there is closed to the system user that
 * the server runs as. A new folder of ours is opened; somebody else's never, then the data lie elsewhere, always in the
 * same place for the same `dataDir`, which is said in one line.
 */
export async function postgresHome(
  dataDir: string,
  user: SystemUser | undefined,
  log: (line: string) => void,
): Promise<string> {
  const home = resolve(dataDir)
  await mkdir(home, { recursive: true })
  if (!user) return home
  if ((await readdir(home)).length === 0) await chmod(home, 0o755)
  const blocker = await blockedBy(home, user)
  const elsewhere = placeFor(home)
  // Data that were placed elsewhere once stay there, even if the way was opened since.
  const stays = existsSync(join(elsewhere, 'data')) && !existsSync(join(home, 'data'))
  if (!blocker && !stays) return home
  const closed = `${blocker} is closed to the system user "postgres", which it must run as under root`
  log(`PostgreSQL: the data are kept in ${elsewhere} (${blocker ? closed : 'as before'})`)
  await openRootFor(home, user)
  if (await mkdir(elsewhere, { recursive: true })) await chmod(elsewhere, 0o755)
  return elsewhere
}
