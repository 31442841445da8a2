import type { CpuTimes } from '../ground/cpu-time.ts'
import type { Generator, Load, Loaded } from './load.ts'

/** One way to do the same thing. */
export type Way = Omit<Load, 'connections' | 'seconds'>

export type Slices<Name extends string> = Readonly<Record<Name, Loaded>>

export type InterleaveOptions<Name extends string> = {
  readonly generator: Generator
  readonly ways: Readonly<Record<Name, Way>>
  readonly connections: number
  /** Measured for each way, over all slices. */
  readonly seconds: number
  /** Who counts the processor time of a way. */
  readonly cpu?: Partial<Readonly<Record<Name, CpuTimes>>>
  /** Runs after each slice of the way `platform`, so that work it left behind does not meet the next way. */
  readonly settle?: (loaded: Loaded) => Promise<void>
}

const slices = 5
const mostWarmUpSeconds = 1

/**
 * Measures several ways in turn, slice by slice, so that whatever else the machine does meets all of them, and gives
 * the median of each figure. Every way is warmed up first. Fails if a request fails: an error is fast.
 */
export async function interleave<Name extends string>(options: InterleaveOptions<Name>): Promise<Slices<Name>> {
  const { generator, connections, seconds, cpu, settle } = options
  const ways = Object.entries(options.ways) as [Name, Way][]
  for (const [name, way] of ways) {
    const loaded = await generator.ask({ ...way, connections, seconds: Math.min(mostWarmUpSeconds, seconds) })
    if (name === 'platform') await settle?.(loaded)
  }

  const results = new Map<Name, Loaded[]>(ways.map(([name]) => [name, []]))
  for (let slice = 0; slice < slices; slice += 1) {
    for (const [name, way] of ways) {
      const before = await cpu?.[name]?.read()
      const loaded = await generator.ask({ ...way, connections, seconds: seconds / slices })
      if (loaded.failed > 0) throw new Error(`${loaded.failed} of ${loaded.requests} requests to ${way.url} failed`)
      results.get(name)?.push(loaded)
      if (name === 'platform') await settle?.(loaded)
      if (before) await cpu?.[name]?.count(before, loaded.requests)
    }
  }
  return Object.fromEntries([...results].map(([name, loads]) => [name, medians(loads)])) as Slices<Name>
}

function medians(loads: readonly Loaded[]): Loaded {
  const of = (field: keyof Loaded) => median(loads.map(load => load[field]))
  return { perSecond: of('perSecond'), p50: of('p50'), p99: of('p99'), requests: of('requests'), failed: 0 }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
