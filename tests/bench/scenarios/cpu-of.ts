import type { CpuTimes } from '../ground/cpu-time.ts'
import type { Measurement } from '../report/measurement.ts'

/**
 * Where the processor time of a request went: all parts together beside the reference, then part by part. Unlike a
 * throughput, it hardly changes when other programs take their share of the machine.
 */
export function cpuOf(scenario: string, platform: CpuTimes, reference: CpuTimes): Measurement[] {
  const used = Object.entries(platform.take()).filter(([, value]) => value > 0)
  const compared = sum(Object.values(reference.take()))
  if (used.length === 0) return []
  const what = 'processor time a request'
  const together = { name: 'one process', value: compared }
  return [
    { scenario, what, value: sum(used.map(([, value]) => value)), unit: 'µs', reference: together },
    ...used.map(([name, value]): Measurement => ({ scenario, what: `- of it ${name}`, value, unit: 'µs' })),
  ]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
