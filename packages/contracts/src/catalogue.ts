import type { EventType } from './event.ts'
import { type Operation, serviceNames } from './operation.ts'
import { identityOperations, serviceOperations } from './platform-operations.ts'
import { logEventEvents, logEventOperations } from './release-coordinator/log-event.ts'
import { releaseEvents, releaseOperations } from './release-coordinator/release.ts'
import { releaseNoteEvents, releaseNoteOperations } from './release-coordinator/release-note.ts'
import { studyEvents, studyOperations } from './release-coordinator/study.ts'
import { taskEvents, taskOperations } from './release-coordinator/task.ts'
import { taskServiceEvents, taskServiceOperations } from './release-coordinator/task-service.ts'
import { baseProductEvents, baseProductOperations } from './release-schedules/base-product.ts'
import { changesetOperations } from './release-schedules/changeset.ts'
import { productEvents, productOperations } from './release-schedules/product.ts'
import { productReleaseEvents, productReleaseOperations } from './release-schedules/product-release.ts'
import { productVersionEvents, productVersionOperations } from './release-schedules/product-version.ts'
import { releaseTypeOperations } from './release-schedules/release-type.ts'
import { scheduleEvents, scheduleOperations } from './release-schedules/schedule.ts'
import { slaEvents, slaOperations } from './release-schedules/sla.ts'

const declaredOperations: Readonly<Record<string, Operation>>[] = [
  identityOperations,
  ...serviceNames.map(serviceOperations),
  logEventOperations,
  releaseOperations,
  releaseNoteOperations,
  studyOperations,
  taskOperations,
  taskServiceOperations,
  baseProductOperations,
  changesetOperations,
  productOperations,
  productReleaseOperations,
  productVersionOperations,
  releaseTypeOperations,
  scheduleOperations,
  slaOperations,
]

const declaredEvents: Readonly<Record<string, EventType>>[] = [
  logEventEvents,
  releaseEvents,
  releaseNoteEvents,
  studyEvents,
  taskEvents,
  taskServiceEvents,
  baseProductEvents,
  productEvents,
  productReleaseEvents,
  productVersionEvents,
  scheduleEvents,
  slaEvents,
]

/** Every operation of the platform, sorted by subject. */
export const operations: readonly Operation[] = collect(declaredOperations, operation => operation.subject)

/** Every kind of event of the platform, sorted by type. */
export const events: readonly EventType[] = collect(declaredEvents, event => event.type)

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
