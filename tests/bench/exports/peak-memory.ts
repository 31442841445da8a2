import { readFile, writeFile } from 'node:fs/promises'

/** The most memory that a process had in use since the last reset, as the kernel counts it. Linux only. */
export type PeakMemory = {
  reset(): Promise<void>
  /** In MB (10^6 bytes). */
  read(): Promise<number>
}

export function peakMemory(pid: number): PeakMemory {
  return {
    reset: () => writeFile(`/proc/${pid}/clear_refs`, '5'),
    async read() {
      const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
      return (Number(kibibytes) * 1024) / 1e6
    },
  }
}
