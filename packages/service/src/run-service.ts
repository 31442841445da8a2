import { errorText } from '@slipway/contracts'
import { ConfigError } from './config.ts'
import type { ServiceDefinition } from './definition.ts'
import { type RunningService, startService } from './start-service.ts'

/**
 * Runs a service as the process: starts it, stops it on SIGTERM or SIGINT (a second signal ends the process at once),
 * exits 0 after a clean stop and 1 if it could not start. A wrong environment is told in one line per variable.
 */
export async function runService<Config, Database>(definition: ServiceDefinition<Config, Database>): Promise<void> {
  let service: RunningService | undefined
  let signals = 0
  const stop = () => {
    signals += 1
    // Nothing is served yet, and what was begun is left in a state that the next start goes on from.
    if (!service) process.exit(0)
    if (signals > 1) process.exit(1)
    service.stop().then(
      () => process.exit(0),
      error => {
        service?.log.fatal(error, 'could not stop cleanly')
        process.exit(1)
      },
    )
  }
  // Before anything else: as the first process of a container it would not be stopped by a signal otherwise.
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // What nobody waits for may fail, and is tried again by whatever began it: it does not take all else down.
  process.on('unhandledRejection', error => {
    if (service) service.log.error({ err: error }, 'work that nobody waits for failed')
    else process.stderr.write(`${definition.name}: work that nobody waits for failed: ${errorText(error)}\n`)
  })

  try {
    service = await startService(definition)
  } catch (error) {
    const text = error instanceof ConfigError ? error.message : errorText(error)
    for (const line of text.split('\n')) process.stderr.write(`${definition.name}: ${line}\n`)
    process.exit(1)
  }
}
