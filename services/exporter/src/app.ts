import { type BaseConfig, baseConfig, type ServiceDefinition } from '@slipway/service'
import manifest from '../package.json' with { type: 'json' }

/** The exporter: home of sources and their exports. It has no resources yet: healthy, discoverable, and silent. */
export const exporter: ServiceDefinition<BaseConfig, unknown> = {
  name: 'exporter',
  version: manifest.version,
  config: baseConfig,
  migrations: new URL('../migrations', import.meta.url),
  build: () => ({ operations: [] }),
}
