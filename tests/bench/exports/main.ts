/** What it costs to import, freeze and export a terminology of the size of WordNet, and twice that. */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startPlatform } from '@slipway/local'
import { temporaryFolder } from '@slipway/testing'
import { print, say, wantedFrom } from '../command-line.ts'
import { type CpuTimes, cpuTimes } from '../ground/cpu-time.ts'
import { median } from '../load/interleave.ts'
import type { Measurement } from '../report/measurement.ts'
import { copyExport } from './copied-export.ts'
import { type ExportClient, exportClient } from './export-client.ts'
import { type Arguments, readArguments, usage } from './exports-arguments.ts'
import { type PeakMemory, peakMemory } from './peak-memory.ts'
import { readWordNet, type Terminology } from './wordnet.ts'

const token = 'bench-admin-token'
const owner = 'BENCH'
/** Exports of each kind; the median counts. */
const rounds = 3
const mostMegabytes = 250

type Measured = {
  readonly concepts: number
  readonly mappings: number
  readonly conceptsPerSecond: number
  readonly mappingsPerSecond: number
  readonly uploadSeconds: number
  readonly freezeSeconds: number
  readonly exportSeconds: number
  readonly copySeconds: number
  readonly megabytes: number
  readonly copiedMegabytes: number
  readonly importPeak: number
  readonly exportPeak: number
  /** Processor time of a concept, by part of the platform: µs. */
  readonly conceptCpu: Readonly<Record<string, number>>
}

type Ground = {
  readonly client: ExportClient
  readonly peak: PeakMemory
  readonly cpu: CpuTimes
  readonly databaseUrl: string
  readonly folder: string
}

/** Imports into a new source, freezes it, and exports that; in between the same by COPY. */
async function measure(ground: Ground, source: string, { concepts, mappings }: Terminology): Promise<Measured> {
  const { client, peak, cpu, databaseUrl, folder } = ground
  const at = `/orgs/${owner}/sources/${source}/`
  await client.request('POST', `/orgs/${owner}/sources/`, { id: source, name: source })
  await peak.reset()
  const idle = await cpu.read()
  const first = await client.importLines(concepts)
  await cpu.count(idle, concepts.length)
  const conceptCpu = cpu.take()
  say(`${source}: ${concepts.length} concepts in ${first.seconds.toFixed(1)} s`)
  const second = await client.importLines(mappings)
  say(`${source}: ${mappings.length} mappings in ${second.seconds.toFixed(1)} s`)
  const importPeak = await peak.read()

  const begun = performance.now()
  await client.request('POST', `${at}versions/`, { id: source })
  const freezeSeconds = (performance.now() - begun) / 1000
  while ((await client.request('HEAD', `${at}${source}/export/`)).status !== 200) await delay(50)
  await peak.reset()
  const exported: number[] = []
  const copied: number[] = []
  let copiedBytes = 0
  for (let round = 0; round < rounds; round += 1) {
    exported.push(await client.makeExport(`${at}${source}/`))
    const copy = await copyExport(databaseUrl, source, join(folder, 'copied.zip'))
    copied.push(copy.seconds)
    copiedBytes = copy.bytes
  }
  const exportPeak = await peak.read()
  const { headers } = await client.request('HEAD', `${at}${source}/export/`)
  return {
    concepts: concepts.length,
    mappings: mappings.length,
    conceptsPerSecond: concepts.length / first.seconds,
    mappingsPerSecond: mappings.length / second.seconds,
    uploadSeconds: first.uploadSeconds + second.uploadSeconds,
    freezeSeconds,
    exportSeconds: median(exported),
    copySeconds: median(copied),
    megabytes: Number(headers.get('content-length')) / 1e6,
    copiedMegabytes: copiedBytes / 1e6,
    importPeak,
    exportPeak,
    conceptCpu,
  }
}

function linesOf(scenario: string, measured: Measured, smaller?: Measured): Measurement[] {
  const rows = measured.concepts + measured.mappings
  const memory = (what: string, value: number, before: number | undefined): Measurement => ({
    scenario,
    what: `peak memory of the exporter, ${what}`,
    value,
    unit: 'MB',
    aim: { of: 'value', atMost: mostMegabytes },
    ...(before !== undefined && { reference: { name: 'half the size', value: before } }),
  })
  return [
    {
      scenario,
      what: 'import, concepts',
      value: measured.conceptsPerSecond,
      unit: '/s',
      aim: { of: 'value', atLeast: 5_000 },
    },
    ...Object.entries(measured.conceptCpu).map(
      ([name, value]): Measurement => ({
        scenario,
        what: `- processor time of one, ${name}`,
        value,
        unit: 'µs',
      }),
    ),
    { scenario, what: 'import, mappings', value: measured.mappingsPerSecond, unit: '/s' },
    { scenario, what: 'upload of all lines', value: measured.uploadSeconds * 1000, unit: 'ms' },
    { scenario, what: 'version, frozen', value: measured.freezeSeconds * 1000, unit: 'ms' },
    {
      scenario,
      what: 'export, rows',
      value: rows / measured.exportSeconds,
      unit: '/s',
      reference: { name: 'COPY and the same zip', value: rows / measured.copySeconds },
      aim: { of: 'ratio', atLeast: 0.5 },
    },
    {
      scenario,
      what: 'export, size of the file',
      value: measured.megabytes,
      unit: 'MB',
      reference: { name: 'COPY and the same zip', value: measured.copiedMegabytes },
    },
    memory('import', measured.importPeak, smaller?.importPeak),
    memory('export', measured.exportPeak, smaller?.exportPeak),
  ]
}

const titleOf = (name: string, { concepts, mappings }: Measured) =>
  `${name}: ${concepts.toLocaleString('en')} concepts, ${mappings.toLocaleString('en')} mappings`

/** The first part of a terminology, with the mappings that stay within it. */
function firstOf({ concepts, mappings }: Terminology, share: number): Terminology {
  if (share === 1) return { concepts, mappings }
  const kept = concepts.slice(0, Math.ceil(concepts.length * share))
  const ids = new Set(kept.map(line => (JSON.parse(line) as { id: string }).id))
  const isKept = (line: string) => {
    const ends = [...line.matchAll(/_concept_url":"[^"]*\/([^/"]+)\/"/g)].map(([, id]) => id as string)
    return ends.every(id => ids.has(id))
  }
  return { concepts: kept, mappings: mappings.filter(isKept) }
}

async function run({ share, profile }: Arguments): Promise<Measurement[]> {
  await using folder = await temporaryFolder()
  say('reading WordNet')
  const once = firstOf(await readWordNet({ owner, source: 'wordnet', suffix: '' }), share)
  say('starting the platform')
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${profile}`, '--cpu-prof-name=exporter.cpuprofile']
  const profiled = { cwd: join(import.meta.dirname, '../../../services/exporter'), args: [...profiling, 'src/main.ts'] }
  await using platform = await startPlatform({
    port: 0,
    dataDir: join(folder.path, 'platform'),
    quiet: true,
    adminToken: token,
    env: { gateway: { SLIPWAY_RATE_LIMIT: '1000000' } },
    ...(profile !== undefined && { programs: { exporter: profiled } }),
  })
  const pidOf = (name: string) => platform.processes.find(({ service }) => service === name)?.pid ?? 0
  const cpu = cpuTimes(() => ({
    exporter: pidOf('exporter'),
    PostgreSQL: platform.postgres?.pid ?? 0,
    gateway: pidOf('gateway'),
    NATS: platform.nats?.pid ?? 0,
  }))
  const client = exportClient(platform.url, token)
  await client.request('POST', '/orgs/', { id: owner, name: 'Bench' })
  const peak = peakMemory(pidOf('exporter'))
  const ground = { client, peak, cpu, databaseUrl: platform.databaseUrl('exporter'), folder: folder.path }
  const small = await measure(ground, 'wordnet', once)
  const lines = linesOf(titleOf('WordNet', small), small)
  if (profile !== undefined) return lines
  const [one, other] = [
    firstOf(await readWordNet({ owner, source: 'double', suffix: '' }), share),
    firstOf(await readWordNet({ owner, source: 'double', suffix: '.2' }), share),
  ]
  const twice = { concepts: [...one.concepts, ...other.concepts], mappings: [...one.mappings, ...other.mappings] }
  const large = await measure(ground, 'double', twice)
  return [...lines, ...linesOf(titleOf('WordNet twice', large), large, small)]
}

const wanted = wantedFrom(readArguments, usage)
if (wanted) {
  const measurements = await run(wanted)
  print(measurements)
}
