import type { CpuTimes } from '../ground/cpu-time.ts'
import type { Measurement } from '../report/measurement.ts'

/** Where the processor time of a request went, part by part. */
export function cpuOf(scenario: string, cpu: CpuTimes): Measurement[] {
  return Object.entries(cpu.take())
    .filter(([, value]) => value > 0)
    .map(([name, value]) => ({ scenario, what: `processor time a request, ${name}`, value, unit: 'µs' }))
}
