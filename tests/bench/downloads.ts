/**
 * What a download through the platform costs, beside a bare streaming proxy in one process.
 *
 *   npm run bench:downloads
 *   DOWNLOADS_GIGABYTES=2 DOWNLOADS_TIMES=50 npm run bench:downloads
 *   DOWNLOADS_MEGABYTES=16 npm run bench:downloads   # of one download; those at a time have a sixteenth each
 *
 * Origin, proxy and client are processes of their own on this machine. Trust the ratios of one run, never figures.
 */
import { cpus } from 'node:os'
import { startPlatform } from '@slipway/local'
import { temporaryFolder } from '@slipway/testing'
import { say } from './command-line.ts'
import type { Fetch, Fetched } from './downloads/client-process.ts'
import { forgetPeak, peakMegabytes, residentMegabytes } from './downloads/memory.ts'
import { startChild } from './ground/child.ts'
import { type CpuTimes, cpuTimes } from './ground/cpu-time.ts'
import { median } from './load/interleave.ts'
import type { Measurement } from './report/measurement.ts'
import { renderTable } from './report/table.ts'

const megabyte = 1024 * 1024
const largest = Number(process.env.DOWNLOADS_GIGABYTES ?? 2) * 1024 * megabyte
const single = Number(process.env.DOWNLOADS_MEGABYTES ?? 256) * megabyte
const each = single / 16
const times = Number(process.env.DOWNLOADS_TIMES ?? 50)
const token = 'bench-administrator-token'

await using opened = new AsyncDisposableStack()
const origin = opened.use(startChild<object, { url: string }>('../downloads/origin-process.ts'))
const proxy = opened.use(startChild<{ origin: string }, { url: string }>('../downloads/proxy-process.ts'))
const client = opened.use(startChild<Fetch, Fetched>('../downloads/client-process.ts'))
const { url: originUrl } = await origin.ask({})
const { url: proxyUrl } = await proxy.ask({ origin: originUrl })

say('starting the platform')
const folder = opened.use(await temporaryFolder())
const platform = opened.use(await startPlatform({ dataDir: folder.path, port: 0, quiet: true, adminToken: token }))
const gateway = platform.processes.find(({ service }) => service === 'gateway')?.pid as number

async function add(path: string, body: object): Promise<Record<string, number>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const response = await fetch(platform.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Record<string, number>
}

/** The path under which the platform has a file of so many bytes. */
async function pathOf(bytes: number): Promise<string> {
  const { releasePackageId } = await add('/api/releasePackages', { name: 'Bench' })
  const versions = `/api/releasePackages/${releasePackageId}/releaseVersions`
  const { releaseVersionId } = await add(versions, { name: '1', online: true })
  const files = `${versions}/${releaseVersionId}/releaseFiles`
  const { releaseFileId } = await add(files, { label: 'File', downloadUrl: `${originUrl}/${bytes}` })
  return `${files}/${releaseFileId}/download`
}

type Figures = { readonly perSecond: number; readonly cpu: number; readonly peak: number; readonly grown: number }

/** Megabytes a second, processor seconds for a gigabyte, most memory, and how much of it the downloads took. */
async function measure(fetched: Fetch, pid: number, cpu: CpuTimes): Promise<Figures> {
  await forgetPeak(pid)
  const before = await residentMegabytes(pid)
  const reading = await cpu.read()
  const { ms } = await client.ask(fetched)
  const all = fetched.bytes * fetched.times
  await cpu.count(reading, all / (1024 * megabyte))
  const used = Object.values(cpu.take()).reduce((sum, value) => sum + value, 0) / 1e6
  const peak = await peakMegabytes(pid)
  return { perSecond: all / megabyte / (ms / 1000), cpu: used, peak, grown: peak - before }
}

type Scenario = { readonly bytes: number; readonly at: number; readonly slices: number }

/** Both ways in turn, slice by slice, so that whatever else the machine does meets both. */
async function compare(scenario: string, { bytes, at, slices }: Scenario): Promise<Measurement[]> {
  say(`measuring: ${scenario}`)
  const path = await pathOf(bytes)
  const through = { url: platform.url + path, headers: { authorization: `Bearer ${token}` }, times: at, bytes }
  const bare = { url: `${proxyUrl}/${bytes}`, headers: {}, times: at, bytes }
  const ofGateway = cpuTimes(() => ({ gateway }))
  const ofProxy = cpuTimes(() => ({ proxy: proxy.pid }))
  // Whoever runs cold is slow.
  for (const way of [through, bare]) await client.ask({ ...way, times: 1 })
  const own: Figures[] = []
  const reference: Figures[] = []
  for (let slice = 0; slice < slices; slice += 1) {
    own.push(await measure(through, gateway, ofGateway))
    reference.push(await measure(bare, proxy.pid, ofProxy))
  }
  const name = 'bare proxy'
  const middle = (figures: readonly Figures[], of: keyof Figures) => median(figures.map(figure => figure[of]))
  const most = (figures: readonly Figures[], of: keyof Figures) => Math.max(...figures.map(figure => figure[of]))
  const line = (what: string, of: keyof Figures, unit: Measurement['unit'], pick = middle): Measurement => ({
    scenario,
    what,
    value: pick(own, of),
    unit,
    reference: { name, value: pick(reference, of) },
  })
  return [
    line('throughput', 'perSecond', 'MB/s'),
    line('processor time of its process', 'cpu', 's/GB'),
    line('most memory of its process', 'peak', 'MB', most),
    line('- of it taken by the downloads', 'grown', 'MB', most),
  ]
}

const gigabytes = largest / (1024 * megabyte)
const measurements = [
  ...(await compare(`One download of ${single / megabyte} MB`, { bytes: single, at: 1, slices: 5 })),
  ...(await compare(`One download of ${gigabytes} GB`, { bytes: largest, at: 1, slices: 1 })),
  ...(await compare(`${times} downloads of ${each / megabyte} MB at a time`, { bytes: each, at: times, slices: 5 })),
]
const [processor] = cpus()
console.log(`${cpus().length} x ${processor?.model.trim()}, Node ${process.version}\n\n${renderTable(measurements)}`)
