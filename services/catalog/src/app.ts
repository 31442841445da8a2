import { type BaseConfig, baseConfig, type ServiceDefinition } from '@slipway/service'
import type { Store } from '@slipway/store'
import manifest from '../package.json' with { type: 'json' }
import { baseProductHandlers } from './base-product/base-product.operations.ts'
import { changesetHandlers } from './changeset/changeset.operations.ts'
import { productHandlers } from './product/product.operations.ts'
import { productReleaseHandlers } from './product-release/product-release.operations.ts'
import { productVersionHandlers } from './product-version/product-version.operations.ts'
import { releaseTypeHandlers } from './release-type/release-type.operations.ts'
import { startExpiry } from './schedule/expiry.ts'
import { scheduleHandlers } from './schedule/schedule.operations.ts'
import { slaHandlers } from './sla/sla.operations.ts'

/** The catalog: what is released, in which versions, and until when it is looked after. */
export const catalog: ServiceDefinition<BaseConfig, unknown> = {
  name: 'catalog',
  version: manifest.version,
  config: baseConfig,
  migrations: new URL('../migrations', import.meta.url),

  build({ store: opened, log }) {
    const store = opened as Store
    return {
      operations: [
        ...scheduleHandlers(store),
        ...slaHandlers(store),
        ...productReleaseHandlers(store),
        ...productHandlers(store),
        ...productVersionHandlers(store),
        ...baseProductHandlers(store),
        ...releaseTypeHandlers(store),
        ...changesetHandlers(store),
      ],
      workers: async () => [await startExpiry(store, log)],
    }
  },
}
