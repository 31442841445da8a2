import { blobMigrations, postgresBlobs } from '@slipway/blobs'
import { serveOverBus } from '@slipway/participant'
import type { ServiceDefinition } from '@slipway/service'
import manifest from '../package.json' with { type: 'json' }
import { accountConsumer } from './account/account.events.ts'
import { accountHandlers } from './account/account.operations.ts'
import { affiliateHandlers } from './affiliate/affiliate.operations.ts'
import { affiliateExportHandler } from './affiliate/affiliate-export.ts'
import { affiliateImportHandlers } from './affiliate-import/import.operations.ts'
import { applicationHandlers } from './application/application.operations.ts'
import { auditHandlers } from './audit/audit.operations.ts'
import { baseProductHandlers } from './base-product/base-product.operations.ts'
import { changesetHandlers } from './changeset/changeset.operations.ts'
import { commercialUsageHandlers } from './commercial-usage/commercial-usage.operations.ts'
import { type CatalogConfig, catalogConfig } from './config.ts'
import { countryHandlers } from './country/country.operations.ts'
import { countriesOf } from './country/country.store.ts'
import { downloadHandlers, startAbandonedDownloads } from './download/download.operations.ts'
import { releaseFeedHandlers } from './feed/feed.operations.ts'
import { releaseFileHandlers } from './file/file.operations.ts'
import { startBlobSweep } from './licence/blob-sweep.ts'
import { packageLicenceHandlers } from './licence/licence.operations.ts'
import { startMail } from './mail/mail.ts'
import { memberLicenseHandlers } from './member/license.operations.ts'
import { memberHandlers } from './member/member.operations.ts'
import { notificationHandlers } from './notification/notification.operations.ts'
import { startNotifications } from './notification/notify.ts'
import { releasePackageHandlers } from './package/package.operations.ts'
import { packageStudyHandlers } from './package-study/package-study.operations.ts'
import { productHandlers } from './product/product.operations.ts'
import { productReleaseHandlers } from './product-release/product-release.operations.ts'
import { productVersionHandlers } from './product-version/product-version.operations.ts'
import { releaseConsumer } from './release-task/release.events.ts'
import { startTaskPurge } from './release-task/release-task.store.ts'
import { releaseTaskService } from './release-task/release-task.ts'
import { startReleaseTaskWork } from './release-task/work.ts'
import { releaseTemplateHandlers } from './release-template/release-template.operations.ts'
import { startReleases } from './release-template/start-releases.ts'
import { releaseTypeHandlers } from './release-type/release-type.operations.ts'
import { restoreHandlers } from './restore/restore.operations.ts'
import { startExpiry } from './schedule/expiry.ts'
import { scheduleHandlers } from './schedule/schedule.operations.ts'
import { slaHandlers } from './sla/sla.operations.ts'
import { statisticsHandlers } from './statistics/statistics.operations.ts'
import { releaseVersionHandlers } from './version/version.operations.ts'

/** The catalog: what is released, in which versions, and until when it is looked after. */
export const catalog: ServiceDefinition<CatalogConfig, unknown> = {
  name: 'catalog',
  version: manifest.version,
  config: catalogConfig,
  migrations: [new URL('../migrations', import.meta.url), blobMigrations],

  build({ config, store, bus, identity, log }) {
    if (config.SLIPWAY_PUBLIC_URL === undefined) {
      log.warn('SLIPWAY_PUBLIC_URL is not set: mails with links (activation, applications, new versions) are not sent')
    }
    const blobs = postgresBlobs(store)
    const countries = countriesOf(store)
    let releaseTasks: ReturnType<typeof startReleaseTaskWork> | undefined
    const kickReleaseTasks = () => releaseTasks?.kick()
    return {
      operations: [
        ...scheduleHandlers(store),
        ...releaseTemplateHandlers(store, config.SCHEDULED_RELEASES),
        ...slaHandlers(store),
        ...productReleaseHandlers(store),
        ...productHandlers(store),
        ...productVersionHandlers(store),
        ...baseProductHandlers(store),
        ...releaseTypeHandlers(store),
        ...changesetHandlers(store),
        ...releasePackageHandlers(store),
        ...packageStudyHandlers(store, config.SLIPWAY_PUBLIC_URL),
        ...releaseVersionHandlers(store),
        ...releaseFileHandlers(store),
        ...packageLicenceHandlers(store, blobs),
        ...releaseFeedHandlers(store),
        ...memberHandlers(store),
        ...memberLicenseHandlers(store, blobs),
        ...countryHandlers(store, countries),
        ...affiliateHandlers({ store, countries }),
        affiliateExportHandler(store),
        ...affiliateImportHandlers({ store, countries }),
        ...applicationHandlers({ store, countries, publicUrl: config.SLIPWAY_PUBLIC_URL }),
        ...commercialUsageHandlers({ store, countries }),
        ...accountHandlers(store, config.SLIPWAY_PUBLIC_URL),
        ...auditHandlers(store),
        ...downloadHandlers(store),
        ...notificationHandlers(store, config.SLIPWAY_PUBLIC_URL),
        ...statisticsHandlers(store),
        ...restoreHandlers({ store, bus, kick: kickReleaseTasks }),
      ],
      consumers: [accountConsumer(bus, config.SLIPWAY_PUBLIC_URL), releaseConsumer(kickReleaseTasks)],
      workers: async () => {
        releaseTasks = startReleaseTaskWork({ store, bus, identity, log })
        const service = releaseTaskService(store, kickReleaseTasks)
        await serveOverBus(bus, { subject: 'slipway-tasks.catalog', queue: 'catalog' }, service)
        return [
          releaseTasks,
          startTaskPurge(store, config.RELEASE_TASK_DAYS, log),
          startExpiry(store, log),
          startAbandonedDownloads(store, log),
          startNotifications(store, log, config.SLIPWAY_PUBLIC_URL),
          startBlobSweep(store, blobs, log),
          ...(config.SCHEDULED_RELEASES
            ? [startReleases({ store, bus, identity, log, everyMs: config.SCHEDULED_RELEASES_SECONDS * 1_000 })]
            : []),
          await startMail({
            store,
            log,
            url: config.MAIL_URL,
            folder: config.MAIL_FOLDER,
            from: config.MAIL_FROM,
          }),
        ]
      },
    }
  },
}
