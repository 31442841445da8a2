import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { failure } from '@slipway/contracts'
import { postgresFiles } from '@slipway/servers'
import { openDataDir } from './data-dir.ts'
import { accessFileName, natsAccess } from './nats-access.ts'
import { natsConfig } from './nats-server.ts'

const run = promisify(execFile)

/** Of the data folder, and of where PostgreSQL keeps its own, which may be elsewhere. Logs are left out. */
const members = {
  folder: ['administrator.json', `nats/${accessFileName}`, 'nats/streams', 'outbox'],
  // An older backup has no file of passwords.
  restored: ['administrator.json', 'nats', 'outbox'],
  postgres: ['data', 'password'],
}

/**
 * Writes a copy of everything that a platform has kept here into one file, `tar` with `gzip`, for this user only. The
 * platform must have been stopped, so that the copy is of one moment: `conflict` otherwise.
 */
export async function backUp(dataDir: string, file: string, log: (line: string) => void): Promise<void> {
  const target = resolve(file)
  if (existsSync(target)) throw failure('conflict', `${target} is there already; name a new file`)
  if (!existsSync(join(dataDir, 'administrator.json'))) {
    throw failure('not_found', `the data folder ${resolve(dataDir)} holds no data of a platform`)
  }
  const dir = await openDataDir(dataDir)
  const unfinished = `${target}.unfinished`
  try {
    const { home, running } = await postgresFiles(join(dir.path, 'postgres'), log)
    if (!existsSync(join(home, 'data'))) {
      throw failure(
        'not_found',
        `there is no PostgreSQL in ${dir.path}: back up the server of DATABASE_URL by its own means`,
      )
    }
    if (running) {
      throw failure('conflict', `PostgreSQL still runs on ${home}; start the platform once more, and stop it`)
    }
    for (const folder of ['nats/streams', 'outbox']) await mkdir(join(dir.path, folder), { recursive: true })
    // Programs keep the credentials that they were given; a folder of an older version has none yet.
    await natsAccess(join(dir.path, 'nats'), natsConfig)
    process.umask(0o077)
    await run('tar', ['-czf', unfinished, '-C', dir.path, ...members.folder, '-C', home, ...members.postgres])
    await rename(unfinished, target)
  } catch (error) {
    throw told(error, `the backup ${target} could not be written`)
  } finally {
    await rm(unfinished, { force: true })
    await dir.release()
  }
}

/** Puts back what `backUp` wrote, into a data folder that has no data yet: `conflict` where there are some. */
export async function restore(dataDir: string, file: string, log: (line: string) => void): Promise<void> {
  const source = resolve(file)
  if (!existsSync(source)) throw failure('not_found', `there is no file ${source}`)
  const dir = await openDataDir(dataDir)
  try {
    const { home, user } = await postgresFiles(join(dir.path, 'postgres'), log)
    if (existsSync(join(home, 'data')) || existsSync(join(dir.path, 'administrator.json'))) {
      throw failure('conflict', `the data folder ${dir.path} holds data already; restore into a new one`)
    }
    // Named `data` when it is whole: what exists under that name is always complete.
    const unfinished = join(home, 'restoring')
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished)
    await run('tar', ['-xzf', source, '--no-same-owner', '-C', unfinished, ...members.postgres])
    await run('tar', ['-xzf', source, '--no-same-owner', '-C', dir.path, ...members.restored])
    // Of the server that was backed up.
    await rm(join(unfinished, 'data/postmaster.pid'), { force: true })
    if (user) await run('chown', ['-R', `${user.uid}:${user.gid}`, join(unfinished, 'data')])
    for (const member of members.postgres.toReversed()) await rename(join(unfinished, member), join(home, member))
    await rm(unfinished, { recursive: true })
  } catch (error) {
    throw told(error, `${source} could not be restored`)
  } finally {
    await dir.release()
  }
}

/** What `tar` said, in one line. */
function told(error: unknown, what: string): unknown {
  const { stderr } = error as { stderr?: string }
  if (typeof stderr !== 'string') return error
  return failure('unavailable', `${what}: ${stderr.trim().split('\n')[0]}`, { cause: error })
}
