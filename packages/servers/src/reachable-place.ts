import { createHash } from 'node:crypto'
import { chmod, mkdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve, sep } from 'node:path'
import { failure } from '@slipway/contracts'
import { blockedBy } from './passable.ts'
import type { SystemUser } from './system-user.ts'

/** Root's own, for what the system user cannot reach where it belongs; outlives a restart of the machine. */
const lastingRoot = '/var/lib/slipway'

/** Where the stand-in of `path` lies, always the same; under the temporary folder for what lies there itself. */
export function placeFor(path: string, name = basename(path)): string {
  return join(rootFor(path), `${name}-${createHash('sha256').update(path).digest('hex').slice(0, 8)}`)
}

/**
 * Opens the root of such places. Others may write into the temporary folder: one of them could have put a folder of this
 * name there before us, with programs of theirs in it, so that it must be root's and closed to others' writing.
 */
export async function openRootFor(path: string, user: SystemUser): Promise<void> {
  const root = rootFor(path)
  if (await mkdir(root, { recursive: true })) await chmod(root, 0o755)
  const { uid, mode } = await stat(root)
  const blocker = (await blockedBy(root, user)) ?? (uid !== process.getuid?.() || (mode & 0o022) !== 0 ? root : null)
  if (!blocker) return
  const text = `PostgreSQL cannot keep its files under ${root}: ${blocker} must belong to root and be open to all for reading`
  throw failure('unavailable', `${text}; or start as another user, or set DATABASE_URL to a server of your own`)
}

function rootFor(path: string): string {
  const temporary = resolve(tmpdir())
  return path.startsWith(temporary + sep) ? join(temporary, 'slipway') : lastingRoot
}
