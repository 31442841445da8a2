import { taskServiceEvents } from './release-coordinator/task-service.ts'
import { accountEvents } from './release-packages/account.ts'
import type { ServiceName } from './service-name.ts'

/** A consumer that shows things of another service, and is to show what was written of them at once. */
export type Follower = {
  readonly service: ServiceName
  /** Its durable name. */
  readonly consumer: string
  /** Whose things it shows, which has it catch up after each of its writes. */
  readonly source: ServiceName
  readonly noun: string
}

export const followers = {
  taskServices: {
    service: 'coordinator',
    consumer: 'coordinator-task-services',
    source: 'registry',
    noun: taskServiceEvents.created.noun,
  },
  accounts: {
    service: 'catalog',
    consumer: 'catalog-accounts',
    source: 'gateway',
    noun: accountEvents.created.noun,
  },
} as const satisfies Readonly<Record<string, Follower>>
