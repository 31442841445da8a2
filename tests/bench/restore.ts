/**
 * What the check after a restore costs: its time, and the memory of the gateway, which compares what all services know.
 *
 *   npm run bench:restore
 *   RESTORE_RELEASES=10000 npm run bench:restore
 *
 * Releases have a task at the exporter and one at the catalog each. First all agree; then the exporter has forgotten every
 * tenth of its tasks. Linux only.
 */
import type { RestoreReport } from '@slipway/contracts'
import { type Platform, startPlatform } from '@slipway/local'
import { temporaryFolder } from '@slipway/testing'
import pg from 'pg'
import { say } from './command-line.ts'
import { forgetPeak, peakMegabytes, residentMegabytes } from './downloads/memory.ts'

const releases = Number(process.env.RESTORE_RELEASES ?? 100_000)
const token = 'bench-administrator-token'
const participants = ['exporter', 'catalog'] as const

/** Releases that ended long ago; every twentieth was canceled. */
const ofRelease = `
  select n, 'RE_' || lpad(n::text, 8, '0') as id, case when n % 20 = 0 then 'canceled' else 'published' end as state
  from generate_series(1, ${releases}) n`
const ofTask = (letter: string) =>
  `select 'TA_' || '${letter}' || lpad(n::text, 7, '0') as task, r.* from (${ofRelease}) r`

const rows = {
  coordinator: [
    `insert into release (kf_id, name, description, author, tags, is_major, state, major, minor, patch)
     select id, 'Release ' || n, '', 'bench', '{}', false, state, 0, n, 0 from (${ofRelease}) r`,
    ...participants.map(
      (service, index) => `
        insert into task (kf_id, release, task_service, state, progress)
        select task, id, s.kf_id, state, 100 from (${ofTask(String(index))}) t
        join task_service s on s.url = 'nats://slipway-tasks.${service}'`,
    ),
  ],
  exporter: [
    `insert into release_task (task, release, studies, state, told_state)
     select task, id, '{}', state, state from (${ofTask('0')}) t`,
  ],
  catalog: [`insert into release_task (task, release, state) select task, id, state from (${ofTask('1')}) t`],
} as const

async function run(platform: Platform, service: keyof typeof rows, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: platform.databaseUrl(service) })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

async function check({ url }: Platform): Promise<RestoreReport> {
  const response = await fetch(`${url}/v1/platform/restore-check`, { headers: { authorization: `Bearer ${token}` } })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 500)}`)
  return JSON.parse(text) as RestoreReport
}

/** The row of the table: most memory of the gateway during one check, and how long that took. */
async function measure(platform: Platform, name: string): Promise<void> {
  const pid = platform.processes.find(({ service }) => service === 'gateway')?.pid ?? 0
  await forgetPeak(pid)
  const before = await residentMegabytes(pid)
  const started = performance.now()
  const { total } = await check(platform)
  const seconds = (performance.now() - started) / 1000
  const figures = [total, seconds.toFixed(1), before.toFixed(0), (await peakMegabytes(pid)).toFixed(0)]
  process.stdout.write(`| ${name} | ${figures.join(' | ')} |\n`)
}

await using folder = await temporaryFolder()
await using platform = await startPlatform({
  dataDir: folder.path,
  port: 0,
  quiet: true,
  adminToken: token,
  taskServices: [...participants],
})
say(`loading ${releases.toLocaleString('en')} releases`)
for (const service of ['coordinator', 'exporter', 'catalog'] as const) {
  await run(platform, service, [...rows[service], 'vacuum analyze'])
}
process.stdout.write(
  `| restore check, ${releases} releases, ${2 * releases} tasks | found | seconds | MB before | MB at most |\n` +
    '| --- | ---: | ---: | ---: | ---: |\n',
)
await measure(platform, 'all agree')
await measure(platform, 'all agree, again')
await run(platform, 'exporter', [`delete from release_task where task like '%7'`])
await measure(platform, 'every tenth task is forgotten')
