import { readFile, writeFile } from 'node:fs/promises'

const field = async (pid: number, name: string): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
}

/** Megabytes of a process that are in memory. Linux only. */
export const residentMegabytes = (pid: number): Promise<number> => field(pid, 'VmRSS')

/** The most that it had in memory, in megabytes, since `forgetPeak`. */
export const peakMegabytes = (pid: number): Promise<number> => field(pid, 'VmHWM')

export const forgetPeak = (pid: number): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5')
