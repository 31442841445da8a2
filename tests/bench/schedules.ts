/**
 * What lists of release schedules cost: real life cycles loaded in bulk over HTTP, then a million rows beside them.
 *
 *   npm run bench:schedules
 *   SCHEDULES_ROWS=100000 npm run bench:schedules
 *
 * The data are life cycles of endoflife.date, one a line.
 */
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { type Platform, startPlatform } from '@slipway/local'
import { openStore, type Store } from '@slipway/store'
import { captureLog, temporaryFolder } from '@slipway/testing'
import { say } from './command-line.ts'

const data = new URL('data/lifecycles.jsonl.gz', import.meta.url)
const rows = Number(process.env.SCHEDULES_ROWS ?? 1_000_000)
const times = 15
const token = 'bench-administrator-token'
/** Schedules in one request, as far as a body may be long. */
const batch = 5_000

type Cycle = { readonly product: string; readonly cycle: string; readonly title: string; readonly eol: unknown }

function requester({ url }: Platform) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/rest_api/v1/${path}`, {
      method,
      headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`)
    return JSON.parse(text)
  }
}

type Request = ReturnType<typeof requester>

/** The cycles whose names are ones for PDC, too; the day is the end of life where one is known. */
async function readCycles() {
  const lines = gunzipSync(await readFile(data))
    .toString('utf8')
    .trim()
    .split('\n')
  const byId = new Map<string, { release: object; date: string }>()
  for (const line of lines) {
    const { product, cycle, title, eol } = JSON.parse(line) as Cycle
    const short = product.replaceAll(/[^a-z0-9-]/g, '-')
    const version = /^(?:[^0-9].*|[0-9]+(?:\.[0-9]+)*)$/.test(cycle) ? cycle : `v${cycle}`
    if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(short)) continue
    const date = typeof eol === 'string' ? eol : '2099-12-31'
    byId.set(`${short}-${version}`, { release: { short, version, name: title, release_type: 'ga' }, date })
  }
  return byId
}

async function inBatches(request: Request, path: string, items: readonly unknown[], size: number): Promise<number> {
  const started = performance.now()
  for (let index = 0; index < items.length; index += size) await request('POST', path, items.slice(index, index + size))
  return (items.length / (performance.now() - started)) * 1000
}

const synthetic = [
  `insert into sla (name, description) select 'level-' || n, '' from generate_series(1, 4) n`,
  `insert into pdc_release (release_id, path, short, version, name, release_type, active, allow_buildroot_push, debuginfo_services)
    select id, id, 'synthetic', version, 'Synthetic', 'ga', true, false, '{}'
    from (select 'synthetic-' || n as id, n::text as version from generate_series(1, $1::integer / 4) n) x`,
  `insert into schedule (release_id, sla_id, date, expired_for)
    select r.id, l.id, d.date, case when d.date < utc_today() then d.date end
    from pdc_release r join sla l on l.name like 'level-%'
    cross join lateral (select date '2015-01-01' + (hashint8(r.id * 7 + l.id) & 8191) as date) d
    where r.short = 'synthetic'`,
]

async function addRows(store: Store): Promise<void> {
  for (const [index, text] of synthetic.entries()) {
    await store.transaction(async tx => {
      await tx.query({ name: 'patience', text: `set local statement_timeout = '600s'` })
      await tx.query({ name: `synthetic-${index}`, text }, text.includes('$1') ? [rows] : [])
    })
  }
  await store.write({ name: 'vacuum', text: 'vacuum analyze schedule, pdc_release, sla, schedule_count' })
}

const questions: readonly (readonly [string, string])[] = [
  ['first page', ''],
  ['page 100 of 20', '?page=100'],
  ['page in the middle', `?page=${Math.round(rows / 40)}`],
  ['last page', '?page=last'],
  ['active', '?active=1'],
  ['active under one level', '?active=1&sla=level-2'],
  ['under two levels', '?sla=level-1&sla=level-3'],
  ['of one release', '?release=synthetic-77&ordering=date'],
  ['a range of days', '?date_after=2024-01-01&date_before=2024-12-31'],
  ['newest first', '?ordering=-date'],
  ['by release', '?ordering=release__release_id'],
  ['by release, last page', '?ordering=release__release_id&page=last'],
  ['by level and date', '?ordering=sla,date'],
  ['by the name of the level', '?ordering=sla__name'],
]

async function measure(request: Request): Promise<void> {
  process.stdout.write(`| list of schedules, ${rows} rows | p50 ms | max ms | count |\n| --- | ---: | ---: | ---: |\n`)
  for (const [name, query] of questions) {
    const taken: number[] = []
    let count = 0
    for (let index = 0; index < times; index += 1) {
      const started = performance.now()
      count = ((await request('GET', `release-schedules/${query}`)) as { count: number }).count
      taken.push(performance.now() - started)
    }
    const sorted = taken.toSorted((a, b) => a - b)
    const shown = [sorted[Math.floor(times / 2)], sorted.at(-1)].map(ms => ms?.toFixed(1))
    process.stdout.write(`| ${name} | ${shown.join(' | ')} | ${count} |\n`)
  }
}

await using folder = await temporaryFolder()
await using platform = await startPlatform({ dataDir: folder.path, port: 0, quiet: true, adminToken: token })
await using store = await openStore({
  url: platform.databaseUrl('catalog'),
  log: captureLog().log,
  name: 'bench',
  statementTimeoutMs: 600_000,
})
const request = requester(platform)

const cycles = await readCycles()
say(`loading ${cycles.size} life cycles in bulk`)
await request('POST', 'component-sla-types/', { name: 'maintenance' })
const releases = await inBatches(
  request,
  'releases/',
  [...cycles.values()].map(({ release }) => release),
  2_000,
)
const schedules = [...cycles].map(([release, { date }]) => ({ release, sla: 'maintenance', date }))
const loaded = await inBatches(request, 'release-schedules/', schedules, batch)
process.stdout.write(`bulk POST: ${releases.toFixed(0)} releases/s, ${loaded.toFixed(0)} schedules/s\n\n`)
say(`adding ${rows} rows`)
await addRows(store)
await measure(request)
const started = performance.now()
await store.read({ name: 'count-by-scan', text: 'select count(*) from schedule' })
process.stdout.write(`| for comparison: \`count(*)\` alone | ${(performance.now() - started).toFixed(1)} | | |\n`)
