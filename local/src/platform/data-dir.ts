import { existsSync } from 'node:fs'
import { link, mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { failure, isFailure } from '@slipway/contracts'
import { dataFolderFault, dataFolderProblem } from './data-folder.ts'

export type DataDir = {
  readonly path: string
  readonly logs: string
  /** Gives the folder free for another launcher. */
  release(): Promise<void>
}

type Owner = { readonly pid: number; readonly startTime: string | null }

/**
 * Makes the data folder and takes it for this process. Fails with `conflict` while a running launcher has it; the pid
 * file of one that was killed is replaced. Fails with `invalid` where no data can be kept.
 */
export async function openDataDir(path: string): Promise<DataDir> {
  try {
    return await open(resolve(path))
  } catch (error) {
    throw isFailure(error) ? error : failure('invalid', dataFolderProblem(path, error), { cause: error })
  }
}

async function open(folder: string): Promise<DataDir> {
  await makeFolder(folder)
  const { blocks, bavail, bsize } = await statfs(folder)
  const freeBytes = blocks > 0 ? bavail * bsize : null
  const fault = dataFolderFault(folder, { entries: await readdir(folder), freeBytes })
  if (fault !== undefined) throw failure('invalid', fault)
  const logs = join(folder, 'logs')
  await mkdir(logs, { recursive: true })
  const pidFile = join(folder, 'launcher.pid')
  await take(pidFile, folder)
  let mine = true
  return {
    path: folder,
    logs,
    async release() {
      // Once only: afterwards the file may be another launcher's.
      if (mine) await rm(pidFile, { force: true })
      mine = false
    },
  }
}

/** Node's own `recursive` tries without end where no folder can be made, as below `/proc`. */
async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder)
  if (!existsSync(parent)) await makeFolder(parent)
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

async function take(pidFile: string, folder: string): Promise<void> {
  const me: Owner = { pid: process.pid, startTime: await startTimeOf(process.pid) }
  // The content must be there the moment the name is: written under another name first, then linked.
  const own = `${pidFile}.${process.pid}`
  await writeFile(own, JSON.stringify(me))
  try {
    for (;;) {
      try {
        return await link(own, pidFile)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const owner = await readOwner(pidFile)
      if (owner && (await isAlive(owner))) {
        const text = `the data folder ${folder} is in use by a running launcher (process ${owner.pid})`
        throw failure('conflict', `${text}; stop that one, or choose another folder with SLIPWAY_DATA_DIR`)
      }
      await rm(pidFile, { force: true })
    }
  } finally {
    await rm(own, { force: true })
  }
}

async function readOwner(pidFile: string): Promise<Owner | null> {
  try {
    const value: unknown = JSON.parse(await readFile(pidFile, 'utf8'))
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number') return null
    const startTime = 'startTime' in value && typeof value.startTime === 'string' ? value.startTime : null
    return { pid: value.pid, startTime }
  } catch {
    return null
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it lives, under another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  // Process ids come round again, after a restart of the machine even soon: the same process started at the same time.
  const startTime = await startTimeOf(owner.pid)
  return startTime === null || owner.startTime === null || startTime === owner.startTime
}

/** Clock ticks since boot at which a process started; null where there is no `/proc`. */
async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the program's name in brackets and may itself hold blanks and brackets.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}
