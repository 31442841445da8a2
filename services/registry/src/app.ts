import { followers } from '@slipway/contracts'
import { createOutbound, createServiceToken, createTellFollower, type ServiceDefinition } from '@slipway/service'
import type { Worker } from '@slipway/store'
import manifest from '../package.json' with { type: 'json' }
import { type RegistryConfig, registryConfig } from './config.ts'
import type { Database } from './database.ts'
import { healthCheckOperations } from './health-check/health-check.operations.ts'
import { startHealthChecks } from './health-check/health-check.worker.ts'
import { restoreHandlers } from './restore/restore.operations.ts'
import { statusPages } from './task-service/status-page.ts'
import { taskServiceOperations } from './task-service/task-service.operations.ts'

/** The registry: which task services there are, and how they are. */
export const registry: ServiceDefinition<RegistryConfig, Database> = {
  name: 'registry',
  version: manifest.version,
  config: registryConfig,
  migrations: new URL('../migrations', import.meta.url),

  build({ config, store, bus, log }) {
    const timeoutMs = config.REQUEST_TIMEOUT * 1000
    const outbound = createOutbound({ allowInternal: config.ALLOW_INTERNAL_ADDRESSES, answerTimeoutMs: timeoutMs })
    const askStatusPage = statusPages({ outbound, bus, timeoutMs })
    const token = createServiceToken({ ...config, log })
    let healthChecks: Worker | undefined

    return {
      operations: [
        ...taskServiceOperations({
          store,
          askStatusPage,
          token,
          tellFollower: createTellFollower(bus, log, followers.taskServices),
        }),
        ...restoreHandlers(store),
        ...healthCheckOperations({ store, onDue: () => healthChecks?.kick() }),
      ],
      workers() {
        healthChecks = startHealthChecks({
          store,
          askStatusPage,
          token,
          log,
          everyMs: config.HEALTH_SECONDS * 1000,
          answerMs: timeoutMs,
          concurrency: config.HEALTH_CONCURRENCY,
          retention: { days: config.HEALTH_HISTORY_DAYS, checks: config.HEALTH_HISTORY_CHECKS },
        })
        return [healthChecks]
      },
      close: () => outbound.close(),
    }
  },
}
