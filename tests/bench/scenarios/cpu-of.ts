import type { CpuTimes } from '../ground/cpu-time.ts'
import type { Measurement } from '../report/measurement.ts'

/**
 * Where the processor time of a request went: all parts together beside the reference, then part by part. Unlike a
 * throughput, it hardly changes when other programs take their share of the machine.
 */
export function cpuOf(scenario: string, platform: CpuTimes, reference: CpuTimes): Measurement[] {
  const used = Object.entries(platform.take()).filter(([, value]) => value > 0)
  const compared = reference.take()
  if (used.length === 0) return []
  const what = 'processor time a request'
  const beside = (value: number) => ({ reference: { name: 'one process', value } })
  return [
    { scenario, what, value: sum(used.map(([, value]) => value)), unit: 'µs', ...beside(sum(Object.values(compared))) },
    ...used.map(([name, value]): Measurement => {
      const other = compared[name]
      return { scenario, what: `- of it ${name}`, value, unit: 'µs', ...(other !== undefined && beside(other)) }
    }),
  ]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
