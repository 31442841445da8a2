import { readdir, readFile } from 'node:fs/promises'

/** Processor seconds of the platform's parts, by name. */
export type Reading = Readonly<Record<string, number>>

/** Says which process the processor time of a request goes to. Linux only: elsewhere every figure is missing. */
export type CpuTimes = {
  read(): Promise<Reading>
  /** Adds what was used since a reading to the sum over `requests`. */
  count(since: Reading, requests: number): Promise<void>
  /** Microseconds a request by part, since the last call. */
  take(): Readonly<Record<string, number>>
}

/** `getconf CLK_TCK` of every Linux that Node runs on. */
const ticksPerSecond = 100

/** `pids` are the parts; children of a process (the backends of PostgreSQL) count to it. */
export function cpuTimes(pids: () => Readonly<Record<string, number>>): CpuTimes {
  let used: Record<string, number> = {}
  let requests = 0

  async function read(): Promise<Reading> {
    const stats = await processStats()
    return Object.fromEntries(
      Object.entries(pids()).map(([name, pid]) => {
        const own = stats.filter(stat => stat.pid === pid || stat.parent === pid)
        return [name, own.reduce((sum, stat) => sum + stat.ticks, 0) / ticksPerSecond]
      }),
    )
  }

  return {
    read,
    async count(since, count) {
      const now = await read()
      for (const name in now) used[name] = (used[name] ?? 0) + (now[name] ?? 0) - (since[name] ?? 0)
      requests += count
    },
    take() {
      const result = Object.fromEntries(
        Object.entries(used).map(([name, seconds]) => [name, (seconds / requests) * 1e6]),
      )
      used = {}
      requests = 0
      return result
    },
  }
}

async function processStats(): Promise<{ pid: number; parent: number; ticks: number }[]> {
  const names = await readdir('/proc').catch(() => [])
  const texts = names
    .filter(name => /^\d+$/.test(name))
    .map(name => readFile(`/proc/${name}/stat`, 'utf8').catch(() => ''))
  return (await Promise.all(texts)).filter(Boolean).map(text => {
    // The name of the program stands in parentheses and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // Own time, and that of children which have ended: backends come and go.
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0)
    return { pid: Number.parseInt(text, 10), parent: Number(fields[1]), ticks }
  })
}
