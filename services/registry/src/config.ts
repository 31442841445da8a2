import { baseConfig, serviceTokenConfig } from '@slipway/service'
import { z } from 'zod'

/** Environment of the registry. `REQUEST_TIMEOUT` has the name and default of the Kids First Release Coordinator. */
export const registryConfig = z.object({
  ...baseConfig.shape,
  ...serviceTokenConfig.shape,
  HEALTH_SECONDS: z.coerce
    .number()
    .positive()
    .max(86_400)
    .default(10)
    .meta({ description: 'Seconds from the start of one health check of a task service to the next' }),
  HEALTH_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(500)
    .meta({ description: 'Health checks that one process has running at the same time' }),
  HEALTH_HISTORY_DAYS: z.coerce
    .number()
    .positive()
    .max(3650)
    .default(7)
    .meta({ description: 'Days that the result of a health check is kept' }),
  HEALTH_HISTORY_CHECKS: z.coerce
    .number()
    .int()
    .min(1)
    .default(10_000)
    .meta({ description: 'Results kept for one task service at most; more than a day of them at ten seconds each' }),
  REQUEST_TIMEOUT: z.coerce
    .number()
    .positive()
    .max(600)
    .default(15)
    .meta({ description: 'Seconds that a task service has to answer GET {url}/status, redirects included' }),
  ALLOW_INTERNAL_ADDRESSES: z.stringbool().default(true).meta({
    description: 'Whether task services may be at private and loopback addresses; metadata addresses never may',
  }),
})

export type RegistryConfig = z.output<typeof registryConfig>
