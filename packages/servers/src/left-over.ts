import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from '@slipway/contracts'
import { processFacts, readPid, signal, waitForEnd } from './processes.ts'

export type DataFolder = {
  /** For messages, e.g. `PostgreSQL`. */
  readonly name: string
  readonly folder: string
  /** Where the server itself writes its process id. */
  readonly pidFile: string
  /** Stands in the command line of a server of this folder, and of no other: its path, or a name made of it. */
  readonly mark: string
  readonly stopSignal: NodeJS.Signals
}

const ownerFile = (data: DataFolder): string => join(data.folder, 'owner.pid')

/** A database that was under load has much to write down, and a start has the time that it takes. */
const patienceMs = 30_000

/** Notes that servers of this folder belong to this process, so that another one does not take them for left over. */
export async function ownFolder(data: DataFolder): Promise<void> {
  await writeFile(ownerFile(data), `${process.pid}\n`)
}

/**
 * Stops the server that a killed process left running on this folder. Only a process whose command line names the folder
 * is touched: a process id in a file may belong to anybody by now. Fails with `conflict` when the server's owner lives.
 */
export async function stopLeftOver(data: DataFolder, log: (line: string) => void): Promise<void> {
  const pid = await readPid(data.pidFile)
  const facts = pid === null ? null : await processFacts(pid)
  if (pid === null || !facts?.command.includes(data.mark)) return
  const owner = await readPid(ownerFile(data))
  // An owner that was killed stays the parent until its last thread is gone: it must be alive, too.
  if (owner !== null && facts.parent === owner && (await processFacts(owner))) {
    const text = `${data.name} with the data in ${data.folder} is already in use by process ${owner}`
    throw failure('conflict', `${text}; stop that one first or choose another data folder`)
  }
  log(`${data.name}: stopping process ${pid}, left over from an earlier run on ${data.folder}`)
  signal(pid, data.stopSignal)
  if (await waitForEnd(pid, patienceMs)) return
  signal(pid, 'SIGKILL')
  await waitForEnd(pid, 5_000)
}
