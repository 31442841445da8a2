import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const prefix = 'slipway-test-'

export type TemporaryFolder = AsyncDisposable & { readonly path: string }

/**
 * A new folder for a server's data. Anybody may pass it: PostgreSQL runs as another user when we are root. Folders that
 * killed test runs left behind are removed first.
 */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  await removeAbandoned()
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  await chmod(path, 0o755)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function removeAbandoned(): Promise<void> {
  // Other systems have no cheap way to ask; their temporary folders are swept by themselves.
  if (!existsSync('/proc/self')) return
  for (const name of await readdir(tmpdir())) {
    const [, pid] = new RegExp(`^${prefix}(\\d+)-`).exec(name) ?? []
    if (pid && !existsSync(`/proc/${pid}`)) await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}
