import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type ProcessFacts = { readonly parent: number; readonly command: string }

/** What runs under this process id, or null when nothing does. A zombie counts as nothing: it holds no port and no file. */
export async function processFacts(pid: number): Promise<ProcessFacts | null> {
  try {
    return process.platform === 'linux' ? await factsFromProc(pid) : await factsFromPs(pid)
  } catch {
    return null
  }
}

async function factsFromProc(pid: number): Promise<ProcessFacts | null> {
  const [stat, command] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/cmdline`)])
  // The second field is the program's name in brackets and may itself hold blanks and brackets.
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return null
  return { parent: Number(parent), command: command.toString('utf8').replaceAll('\0', ' ') }
}

async function factsFromPs(pid: number): Promise<ProcessFacts | null> {
  const { stdout } = await run('ps', ['-o', 'ppid=,stat=,args=', '-p', String(pid)])
  const [, parent, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/m.exec(stdout) ?? []
  if (!parent || !state || state.startsWith('Z')) return null
  return { parent: Number(parent), command: command ?? '' }
}

/** Resolves to true as soon as the process is gone, to false after `timeoutMs`. Works for processes of other parents. */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (await processFacts(pid)) {
    if (Date.now() > deadline) return false
    await delay(20)
  }
  return true
}

/** Sends a signal; a process that is already gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Reads a process id from the first line of a file; null when there is no such file or no number in it. */
export async function readPid(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return Number.isInteger(pid) && pid > 0 ? pid : null
}
