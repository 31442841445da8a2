import { interleave } from '../load/interleave.ts'
import { cpuOf } from './cpu-of.ts'
import type { Scenario } from './scenario.ts'

/** Against the same page without a count in one process: what bus and count cost together. */
export const listReleases: Scenario = async (ground, { oneProcess, oneProcessCpu }, seconds) => {
  const { generator, cpu, platform, rows } = ground
  const scenario = `List of 10 releases of ${rows.toLocaleString('en')}, with exact count`
  const ways = { platform: { url: `${platform.url}/releases` }, plain: { url: `${oneProcess}/releases` } }
  const one = await interleave({ generator, ways, connections: 1, seconds })
  const many = await interleave({
    generator,
    ways,
    connections: 32,
    seconds,
    cpu: { platform: cpu, plain: oneProcessCpu },
  })
  const reference = (value: number) => ({ name: 'one process, no count', value })
  return [
    {
      scenario,
      what: '32 connections, throughput',
      value: many.platform.perSecond,
      unit: '/s',
      reference: reference(many.plain.perSecond),
      aim: { of: 'ratio', atLeast: 0.7 },
    },
    {
      scenario,
      what: '32 connections, p50',
      value: many.platform.p50,
      unit: 'ms',
      reference: reference(many.plain.p50),
    },
    {
      scenario,
      what: '32 connections, p99',
      value: many.platform.p99,
      unit: 'ms',
      reference: reference(many.plain.p99),
    },
    { scenario, what: '1 connection, p50', value: one.platform.p50, unit: 'ms', reference: reference(one.plain.p50) },
    ...cpuOf(scenario, cpu, oneProcessCpu),
  ]
}
