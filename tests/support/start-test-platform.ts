import { join } from 'node:path'
import { blobMigrations } from '@slipway/blobs'
import { type ServiceName, serviceNames } from '@slipway/contracts'
import { type Platform, type PlatformOptions, startPlatform } from '@slipway/local'
import { createDatabase, temporaryFolder, testPostgres } from '@slipway/testing'
import { configWithTester } from './nats-tester.ts'

export type TestPlatformOptions = PlatformOptions & {
  /** A PostgreSQL of its own, for a test that stops it or changes its settings. Default: databases on that of the test run. */
  readonly ownPostgres?: boolean
}

/**
 * A platform as its users start it, quiet, on a free port, in a folder that goes when it is disposed of. Its NATS knows the
 * tester, too.
 */
export async function startTestPlatform({ ownPostgres, ...options }: TestPlatformOptions = {}): Promise<Platform> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const shared = ownPostgres || options.durable ? {} : await databasesOf(opened)
  const natsConfig = await configWithTester(folder.path)
  const dataDir = join(folder.path, 'platform')
  const usual = { dataDir, port: 0, quiet: true, durable: false, natsConfig, ...shared }
  const platform = opened.use(await startPlatform({ ...usual, ...options }))
  const kept = opened.move()
  return { ...platform, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** A migrated database for each service, which saves a start the making of a server and of its tables. */
async function databasesOf(opened: AsyncDisposableStack): Promise<Pick<PlatformOptions, 'databases' | 'databaseUrl'>> {
  const made = await Promise.all(
    serviceNames.map(async service => {
      const own = new URL(`../../services/${service}/migrations`, import.meta.url)
      const migrations = service === 'catalog' || service === 'exporter' ? [own, blobMigrations] : [own]
      return [service, opened.use(await createDatabase({ migrations, name: service })).url] as const
    }),
  )
  const urls = new Map<ServiceName, string>(made)
  return { databaseUrl: testPostgres().url, databases: service => urls.get(service) ?? '' }
}
