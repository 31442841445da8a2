import { baseConfig, serviceTokenConfig } from '@slipway/service'
import { z } from 'zod'

const seconds = (fallback: number) => z.coerce.number().min(0).default(fallback)
const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback)
/** Environment of the coordinator. Names and defaults shared with the Kids First Release Coordinator are its own. */
export const coordinatorConfig = z.object({
  ...baseConfig.shape,
  ...serviceTokenConfig.shape,
  DATASERVICE_URL: z
    .url()
    .optional()
    .meta({ description: 'Where studies are mirrored from; absent: the mirror is off' }),
  CONNECT_TIMEOUT: seconds(5).meta({ description: 'Seconds to connect to a task service or the data service' }),
  REQUEST_TIMEOUT: seconds(15).meta({
    description: 'Seconds to wait for an answer of a task service or the data service',
  }),
  TASK_TIMEOUT: seconds(160_000).meta({
    description: 'Task deadline: seconds without a change of state after which the release is canceled',
  }),
  TASK_SILENCE_TIMEOUT: seconds(0).meta({
    description: 'Seconds that a task may neither report nor answer polls; 0: no limit',
  }),
  RELEASE_TIMEOUT: seconds(360_000).meta({
    description: 'Seconds without any event after which a release is canceled',
  }),
  TASK_POLL_SECONDS: seconds(30).meta({ description: 'Interval of get_status polls of a task under way' }),
  TASK_POLL_TRIES: count(3).meta({ description: 'Failed polls in a row after which a task is given up' }),
  RELEASE_CHECK_SECONDS: seconds(60).meta({ description: 'Interval of the check of deadlines' }),
  JOB_LEASE_SECONDS: z.coerce.number().min(0.3).default(60).meta({
    description: 'Seconds of silence after which another replica takes a publish run or an import over',
  }),
  COMMAND_TRIES: count(5).meta({ description: 'Tries of a request that cannot be delivered to a task service' }),
  CANCEL_RETRY_DAYS: z.coerce.number().min(0).max(365).default(7).meta({
    description: 'Days that a cancel is repeated which no task service answered; its release does not wait for that',
  }),
  ALLOW_INTERNAL_ADDRESSES: z.stringbool().default(true).meta({
    description: 'Let task services be on private and loopback addresses; metadata addresses never are reachable',
  }),
  ANONYMOUS_EVENTS: z
    .stringbool()
    .default(true)
    .meta({ description: 'Let callers without credentials add events to the log' }),
  ANONYMOUS_CHECKS: z.stringbool().default(true).meta({
    description: 'Let callers without credentials trigger status checks and the mirror of studies',
  }),
})

export type CoordinatorConfig = z.output<typeof coordinatorConfig>
