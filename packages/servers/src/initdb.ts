import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { failure } from '@slipway/contracts'
import type { SystemUser } from './system-user.ts'

const run = promisify(execFile)

export type InitialiseOptions = {
  readonly initdb: string
  /** Folder of the cluster; left alone when it exists. */
  readonly data: string
  readonly superuser: string
  readonly password: string
  readonly durable: boolean
  readonly user: SystemUser | undefined
}

/** Makes a new cluster, in another folder that is renamed at the end: what exists is always complete. */
export async function initialise({
  initdb,
  data,
  superuser,
  password,
  durable,
  user,
}: InitialiseOptions): Promise<void> {
  if (existsSync(data)) return
  const unfinished = `${data}.new`
  const passwordFile = `${unfinished}.password`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  await rm(passwordFile, { force: true })
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user) await Promise.all([unfinished, passwordFile].map(path => chown(path, user.uid, user.gid)))
  const args = [`--pgdata=${unfinished}`, `--username=${superuser}`, `--pwfile=${passwordFile}`]
  args.push(
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--lc-messages=C',
    ...localeFlags(),
    ...(durable ? [] : ['--no-sync']),
  )
  try {
    await run(initdb, args, { cwd: '/', env: { ...process.env, LC_ALL: 'C' }, ...user })
    await rename(unfinished, data)
  } catch (cause) {
    const said = ((cause as { stderr?: string }).stderr?.trim() || String(cause)).replaceAll(/\s*\n\s*/g, ' | ')
    throw failure('unavailable', `PostgreSQL could not make its data folder ${data}: ${said}`, { cause })
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/** Order by code point, letters as in Unicode, on every system: macOS has no `C.UTF-8`. */
function localeFlags(): string[] {
  return process.platform === 'darwin' ? ['--locale=C', '--lc-ctype=en_US.UTF-8'] : ['--locale=C.UTF-8']
}
