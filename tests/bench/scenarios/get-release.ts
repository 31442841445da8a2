import { interleave } from '../load/interleave.ts'
import type { Measurement } from '../report/measurement.ts'
import { cpuOf } from './cpu-of.ts'
import type { Scenario } from './scenario.ts'

const scenario = 'GET one release'

/** The path of nearly every request, beside one process without a bus and beside Moleculer over the same broker. */
export const getRelease: Scenario = async (
  { generator, cpu, platform, wantedRelease },
  { oneProcess, oneProcessCpu, moleculer },
  seconds,
) => {
  const way = (url: string) => ({ url: `${url}/${wantedRelease}` })
  const ways = {
    platform: way(`${platform.url}/releases`),
    'one process': way(`${oneProcess}/releases`),
    Moleculer: way(`${moleculer}/releases`),
    'Moleculer, tuned': way(`${moleculer}/tuned-releases`),
  }
  const one = await interleave({ generator, ways, connections: 1, seconds })
  const many = await interleave({
    generator,
    ways,
    connections: 32,
    seconds,
    cpu: { platform: cpu, 'one process': oneProcessCpu },
  })

  const compare = (of: typeof one, field: 'p50' | 'p99' | 'perSecond', against: keyof typeof ways) => ({
    scenario,
    what: `${of === one ? 1 : 32} connection${of === one ? '' : 's'}, ${field === 'perSecond' ? 'throughput' : field}`,
    value: of.platform[field],
    unit: field === 'perSecond' ? ('/s' as const) : ('ms' as const),
    reference: { name: against, value: of[against][field] },
  })
  const measurements: Measurement[] = [
    { ...compare(one, 'p50', 'one process'), aim: { of: 'value', atMost: 0.6 } },
    compare(one, 'p50', 'Moleculer'),
    { ...compare(many, 'perSecond', 'one process'), aim: { of: 'ratio', atLeast: 0.6 } },
    { ...compare(many, 'perSecond', 'Moleculer'), aim: { of: 'ratio', atLeast: 1.5 } },
    compare(many, 'perSecond', 'Moleculer, tuned'),
    compare(many, 'p50', 'one process'),
    compare(many, 'p50', 'Moleculer'),
    compare(many, 'p99', 'one process'),
    compare(many, 'p99', 'Moleculer'),
    ...cpuOf(scenario, cpu, oneProcessCpu),
  ]
  return measurements
}
