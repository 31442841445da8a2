import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { failure } from '@slipway/contracts'

const run = promisify(execFile)

export type SystemUser = { readonly uid: number; readonly gid: number }

/**
 * PostgreSQL refuses to run as root; then it runs as the system user `postgres`, which is made when it is missing.
 * Undefined for every other caller: the server runs as that user.
 */
export async function postgresUser(log: (line: string) => void): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const known = await idsOf('postgres')
  if (known) return known
  log('PostgreSQL: adding the system user "postgres", because it may not run as root')
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'])
  } catch (cause) {
    throw failure('unavailable', 'PostgreSQL may not run as root and the system user "postgres" could not be added', {
      cause,
    })
  }
  return await idsOf('postgres')
}

async function idsOf(name: string): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined
  }
}
