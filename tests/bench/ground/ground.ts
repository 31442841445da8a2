import { join, resolve } from 'node:path'
import { type Platform, type PlatformOptions, startPlatform } from '@slipway/local'
import type { PostgresServer } from '@slipway/servers'
import { temporaryFolder } from '@slipway/testing'
import { configWithTester } from '../../support/nats-tester.ts'
import { type Generator, startGenerator } from '../load/load.ts'
import { type CpuTimes, cpuTimes } from './cpu-time.ts'
import { idOf, loadRows } from './load-rows.ts'

/** What every scenario works on: the platform with many releases, and somebody who asks. */
export type Ground = AsyncDisposable & {
  readonly platform: Platform
  readonly postgres: PostgresServer
  readonly adminToken: string
  /** Releases in the table when it was loaded. */
  readonly rows: number
  /** The release that is asked for: in the middle, with two studies, two tasks and a note. */
  readonly wantedRelease: string
  readonly generator: Generator
  readonly cpu: CpuTimes
}

const adminToken = 'bench-admin-token'

export type GroundOptions = {
  readonly rows: number
  /** A folder for CPU profiles of gateway and coordinator, written when the platform stops. */
  readonly profiles: string | undefined
  readonly notify: (line: string) => void
}

/** Starts the platform as `npm start` does, on a folder that is removed in the end, and loads releases. */
export async function openGround({ rows, profiles, notify }: GroundOptions): Promise<Ground> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const platform = opened.use(
    await startPlatform({
      port: 0,
      dataDir: join(folder.path, 'platform'),
      natsConfig: await configWithTester(folder.path),
      quiet: true,
      adminToken,
      env: { gateway: { SLIPWAY_ANONYMOUS_RATE_LIMIT: '0' } },
      ...(profiles !== undefined && { programs: profiledPrograms(resolve(profiles)) }),
    }),
  )
  const { postgres } = platform
  if (!postgres) throw new Error('the platform has no PostgreSQL of its own')
  notify(`loading ${rows.toLocaleString('en')} releases`)
  await loadRows(platform.databaseUrl('coordinator'), rows)
  const generator = opened.use(startGenerator())
  const pidOf = (service: string) => platform.processes.find(process => process.service === service)?.pid ?? 0
  const cpu = cpuTimes(() => ({
    gateway: pidOf('gateway'),
    NATS: platform.nats?.pid ?? 0,
    coordinator: pidOf('coordinator'),
    PostgreSQL: postgres.pid,
  }))
  const kept = opened.move()
  return {
    platform,
    postgres,
    adminToken,
    rows,
    wantedRelease: idOf(2 * Math.round(rows / 4)),
    generator,
    cpu,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function profiledPrograms(folder: string): NonNullable<PlatformOptions['programs']> {
  const profiled = (service: string) => ({
    cwd: resolve(import.meta.dirname, '../../../services', service),
    args: ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${service}.cpuprofile`, 'src/main.ts'],
  })
  return { gateway: profiled('gateway'), coordinator: profiled('coordinator') }
}
