import { blobMigrations, openBlobs } from '@slipway/blobs'
import { identityOperations } from '@slipway/contracts'
import { platformOverBus, serveOverBus } from '@slipway/participant'
import type { ServiceDefinition } from '@slipway/service'
import { every } from '@slipway/store'
import manifest from '../package.json' with { type: 'json' }
import { bulkImportHandlers } from './bulk-import/bulk-import.operations.ts'
import { startImportWorker } from './bulk-import/bulk-import-worker.ts'
import { sweepImports } from './bulk-import/sweep-imports.ts'
import { conceptHandlers } from './concept/concept.operations.ts'
import { type ExporterConfig, exporterConfig } from './config.ts'
import { exportHandlers } from './export/export.operations.ts'
import { startExportWorker } from './export/export-worker.ts'
import { sweep } from './export/sweep.ts'
import { mappingHandlers } from './mapping/mapping.operations.ts'
import { startOpenEndWorker } from './open-end/open-end-worker.ts'
import { orgHandlers } from './org/org.operations.ts'
import { findLoginOverBus } from './owner-login.ts'
import { releaseConsumer } from './release-task/release.events.ts'
import { releaseFileHandlers } from './release-task/release-file.operations.ts'
import { releaseTaskService } from './release-task/release-task.protocol.ts'
import { purgeTasks } from './release-task/release-task.store.ts'
import { releaseTaskSubject as subject } from './release-task/release-task.ts'
import { startReleaseTaskWorker } from './release-task/release-task-worker.ts'
import { restoreHandlers } from './restore/restore.operations.ts'
import { sourceHandlers } from './source/source.operations.ts'
import { versionHandlers } from './source-version/version.operations.ts'
import { prepare } from './sql.ts'

const sweepEveryMs = 3_600_000
const signingSecret = prepare()('exporter.signing-secret', db => db.selectFrom('signing_secret').select('secret'))

/** The exporter: orgs, sources, what is in them, frozen versions of them, and the exports of those. */
export const exporter: ServiceDefinition<ExporterConfig, unknown> = {
  name: 'exporter',
  version: manifest.version,
  config: exporterConfig,
  migrations: [blobMigrations, new URL('../migrations', import.meta.url)],

  async build({ config, store, bus, identity, log }) {
    const { blobs, close } = await openBlobs(config, store)
    const [signing] = await store.read(signingSecret)
    let worker: ReturnType<typeof startExportWorker> | undefined
    const kick = () => worker?.kick()
    const findLogin = findLoginOverBus(bus)
    const platform = platformOverBus(bus, identity.token)
    let releaseTasks: ReturnType<typeof startReleaseTaskWorker> | undefined
    let importWorker: ReturnType<typeof startImportWorker> | undefined

    return {
      operations: [
        ...orgHandlers(store, findLogin),
        ...sourceHandlers(store, findLogin),
        ...versionHandlers(store, blobs, kick),
        ...conceptHandlers(store),
        ...mappingHandlers(store),
        ...exportHandlers({
          store,
          blobs,
          secret: signing?.secret ?? '',
          urlSeconds: config.EXPORT_URL_SECONDS,
          kick,
          async isGood(revocation_keys) {
            if (revocation_keys.length === 0) return true
            return (await bus.call(identityOperations.check, { revocation_keys: [...revocation_keys] })).good
          },
          log,
        }),
        ...bulkImportHandlers({
          store,
          blobs,
          mostBytes: config.IMPORT_MAX_BYTES,
          kick: () => importWorker?.kick(),
        }),
        ...releaseFileHandlers(store, blobs, log),
        ...restoreHandlers({ store, platform, kick: () => releaseTasks?.kick() }),
      ],
      consumers: [releaseConsumer(() => releaseTasks?.kick())],
      async workers() {
        worker = startExportWorker({
          store,
          blobs,
          log,
          concurrency: config.EXPORT_CONCURRENCY,
          leaseSeconds: config.EXPORT_LEASE_SECONDS,
        })
        const sweeper = every({
          store,
          name: 'export-sweep',
          everyMs: sweepEveryMs,
          run: () => sweep(store, blobs),
          log,
        })
        importWorker = startImportWorker({
          store,
          blobs,
          log,
          concurrency: config.IMPORT_CONCURRENCY,
          leaseSeconds: config.IMPORT_LEASE_SECONDS,
          kickExports: kick,
          withRoom: bus.withRoom,
          findLogin,
        })
        const importSweeper = every({
          store,
          name: 'import-sweep',
          everyMs: sweepEveryMs,
          run: () => sweepImports(store, blobs),
          log,
        })
        releaseTasks = startReleaseTaskWorker({
          store,
          platform,
          blobs,
          log,
          kickExports: kick,
          leaseSeconds: config.EXPORT_LEASE_SECONDS,
        })
        const service = releaseTaskService(store, manifest.version, releaseTasks.kick)
        await serveOverBus(bus, { subject, queue: 'exporter' }, service)
        const purge = every({
          store,
          name: 'release-task-purge',
          everyMs: sweepEveryMs,
          run: () => purgeTasks(store, config.RELEASE_TASK_DAYS),
          log,
        })
        const openEnds = startOpenEndWorker({ store, log, withRoom: bus.withRoom })
        return [worker, sweeper, importWorker, importSweeper, releaseTasks, purge, openEnds]
      },
      close: async () => close(),
    }
  },
}
