import { type Readers, readersOf, unknownReaders } from './audience.ts'
import type { EventEnvelope, EventType } from './event.ts'
import { type Operation, serviceNames } from './operation.ts'
import { identityOperations, serviceOperations } from './platform-operations.ts'
import { platformTaskEvents, platformTaskOperations } from './platform-tasks/platform-task.ts'
import { studyImportOperations } from './platform-tasks/study-import.ts'
import { studyDraftEvents, studyObjectOperations, studyVersionEvents } from './platform-tasks/study-object.ts'
import { packageStudyOperations } from './release-content/package-study.ts'
import {
  releaseTemplateEvents,
  releaseTemplateOperations,
  scheduledReleaseOperations,
} from './release-content/release-template.ts'
import { reportedFileOperations } from './release-content/reported-file.ts'
import { logEventEvents, logEventOperations } from './release-coordinator/log-event.ts'
import { releaseEvents, releaseOperations } from './release-coordinator/release.ts'
import { releaseNoteEvents, releaseNoteOperations } from './release-coordinator/release-note.ts'
import { studyEvents, studyOperations } from './release-coordinator/study.ts'
import { taskEvents, taskOperations } from './release-coordinator/task.ts'
import { taskServiceEvents, taskServiceOperations } from './release-coordinator/task-service.ts'
import { accountEvents, accountOperations } from './release-packages/account.ts'
import { affiliateEvents, affiliateOperations } from './release-packages/affiliate.ts'
import { applicationEvents, applicationOperations } from './release-packages/application.ts'
import { auditOperations } from './release-packages/audit.ts'
import { commercialUsageOperations } from './release-packages/commercial-usage.ts'
import { countryOperations } from './release-packages/country.ts'
import { downloadOperations } from './release-packages/download.ts'
import { releaseFeedOperations } from './release-packages/feed.ts'
import { releaseFileEvents, releaseFileOperations } from './release-packages/file.ts'
import { packageLicenceOperations } from './release-packages/licence.ts'
import { memberEvents, memberOperations } from './release-packages/member.ts'
import { notificationEvents, notificationOperations } from './release-packages/notification.ts'
import { releasePackageEvents, releasePackageOperations } from './release-packages/package.ts'
import { statisticsOperations } from './release-packages/statistics.ts'
import { userOperations } from './release-packages/user.ts'
import { releaseVersionEvents, releaseVersionOperations } from './release-packages/version.ts'
import { baseProductEvents, baseProductOperations } from './release-schedules/base-product.ts'
import { changesetOperations } from './release-schedules/changeset.ts'
import { productEvents, productOperations } from './release-schedules/product.ts'
import { productReleaseEvents, productReleaseOperations } from './release-schedules/product-release.ts'
import { productVersionEvents, productVersionOperations } from './release-schedules/product-version.ts'
import { releaseTypeOperations } from './release-schedules/release-type.ts'
import { scheduleEvents, scheduleOperations } from './release-schedules/schedule.ts'
import { slaEvents, slaOperations } from './release-schedules/sla.ts'
import {
  catalogRestoreOperations,
  coordinatorRestoreOperations,
  exporterRestoreOperations,
  registryRestoreOperations,
} from './restore/facts.ts'
import { restoreOperations } from './restore/report.ts'
import { bulkImportEvents, bulkImportOperations } from './source-exports/bulk-import.ts'
import { conceptEvents, conceptOperations } from './source-exports/concept.ts'
import { exportEvents, exportOperations } from './source-exports/export.ts'
import { mappingEvents, mappingOperations } from './source-exports/mapping.ts'
import { orgEvents, orgMemberOperations, orgOperations, ownerProfileOperations } from './source-exports/org.ts'
import { releaseFileBytes } from './source-exports/release-file.ts'
import { sourceEvents, sourceOperations } from './source-exports/source.ts'
import { sourceVersionEvents, sourceVersionOperations } from './source-exports/source-version.ts'
import { unifiedStudyOperations } from './unified/study.ts'
import { webhookEvents } from './webhook/webhook.ts'

const declaredOperations: Readonly<Record<string, Operation>>[] = [
  identityOperations,
  ...serviceNames.map(serviceOperations),
  registryRestoreOperations,
  coordinatorRestoreOperations,
  catalogRestoreOperations,
  exporterRestoreOperations,
  restoreOperations,
  platformTaskOperations,
  studyImportOperations,
  studyObjectOperations,
  packageStudyOperations,
  releaseTemplateOperations,
  scheduledReleaseOperations,
  reportedFileOperations,
  logEventOperations,
  releaseOperations,
  releaseNoteOperations,
  studyOperations,
  unifiedStudyOperations,
  taskOperations,
  taskServiceOperations,
  packageLicenceOperations,
  downloadOperations,
  releaseFeedOperations,
  releaseFileOperations,
  releasePackageOperations,
  releaseVersionOperations,
  notificationOperations,
  statisticsOperations,
  accountOperations,
  affiliateOperations,
  applicationOperations,
  auditOperations,
  commercialUsageOperations,
  countryOperations,
  memberOperations,
  userOperations,
  baseProductOperations,
  changesetOperations,
  productOperations,
  productReleaseOperations,
  productVersionOperations,
  releaseTypeOperations,
  scheduleOperations,
  slaOperations,
  bulkImportOperations,
  conceptOperations,
  exportOperations,
  mappingOperations,
  orgMemberOperations,
  orgOperations,
  ownerProfileOperations,
  releaseFileBytes,
  sourceOperations,
  sourceVersionOperations,
]

const declaredEvents: Readonly<Record<string, EventType>>[] = [
  platformTaskEvents,
  studyDraftEvents,
  studyVersionEvents,
  releaseTemplateEvents,
  logEventEvents,
  releaseEvents,
  releaseNoteEvents,
  studyEvents,
  taskEvents,
  taskServiceEvents,
  notificationEvents,
  releaseFileEvents,
  releasePackageEvents,
  releaseVersionEvents,
  accountEvents,
  affiliateEvents,
  applicationEvents,
  memberEvents,
  baseProductEvents,
  productEvents,
  productReleaseEvents,
  productVersionEvents,
  scheduleEvents,
  slaEvents,
  bulkImportEvents,
  conceptEvents,
  exportEvents,
  mappingEvents,
  orgEvents,
  sourceEvents,
  sourceVersionEvents,
  webhookEvents,
]

/** Every operation of the platform, sorted by subject. */
export const operations: readonly Operation[] = collect(declaredOperations, operation => operation.subject)

/** Every kind of event of the platform, sorted by type. */
export const events: readonly EventType[] = collect(declaredEvents, event => event.type)

const byType = new Map(events.map(event => [event.type, event]))

/** Who may read an event, by what its type declares; of a type that is not known here administrators. */
export function eventReaders(event: EventEnvelope): Readers {
  const type = byType.get(event.type)
  return type ? readersOf(type.audience, event) : unknownReaders
}

/** Puts declarations into one list; throws when two have the same name. */
export function collect<Declared>(
  groups: readonly Readonly<Record<string, Declared>>[],
  nameOf: (declared: Declared) => string,
): readonly Declared[] {
  const byName = new Map<string, Declared>()
  for (const declared of groups.flatMap(group => Object.values(group))) {
    const name = nameOf(declared)
    if (byName.has(name)) throw new Error(`declared twice: ${name}`)
    byName.set(name, declared)
  }
  return [...byName.keys()].sort().map(name => byName.get(name) as Declared)
}
