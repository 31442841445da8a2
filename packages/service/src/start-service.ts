import { connectBus } from '@slipway/bus'
import { every, migrate, openStore, purgeOld, startRelay } from '@slipway/store'
import type { Logger } from 'pino'
import { awaitStream } from './await-stream.ts'
import { catchUpByName, catchUpWith } from './catch-up.ts'
import { loadConfig } from './config.ts'
import { handleAgain, startConsumer } from './consumers.ts'
import type { ServiceDefinition, Worker } from './definition.ts'
import { measured, remembering } from './handler.ts'
import { startHealthServer } from './health-server.ts'
import { createIdentify } from './identify.ts'
import { createLog } from './log.ts'
import { createMetrics, watchOutbox } from './metrics.ts'
import { followRevocations } from './revocations.ts'
import { createServiceIdentity } from './service-identity.ts'
import { ownOperations } from './service-operations.ts'
import { watchClock } from './watch-clock.ts'
import { watchEventStream } from './watch-event-stream.ts'

/** Milliseconds that running handlers get to finish when the service stops. */
const drainMs = 10_000
const purgeEveryMs = 3_600_000

export type RunningService = {
  /** Of the HTTP surface if there is one, else of the health server. */
  readonly port: number
  readonly log: Logger
  stop(): Promise<void>
}

/**
 * Boots a service: configuration, database and migrations, bus and stream, operations, consumers, workers, health.
 * @throws ConfigError if the environment is wrong; what Postgres or NATS say if they refuse for good
 */
export async function startService<Config, Database>(
  definition: ServiceDefinition<Config, Database>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RunningService> {
  const { name, version } = definition
  const config = loadConfig(definition.config, env)
  const log = createLog(name, config.LOG_LEVEL)
  const opened: Array<() => Promise<void>> = []
  const closeAll = async () => {
    for (const close of opened.splice(0).reverse()) await close().catch(error => log.error(error, 'could not close'))
  }

  const consuming: Worker[] = []
  const workers: Worker[] = []
  const metrics = createMetrics(name)
  /** Why the service is not ready yet, or not any more; then what it works with is asked. */
  let notReady: string | undefined = 'the database is being migrated'
  let askNotReady: () => Promise<string | undefined> = async () => undefined

  try {
    // Before anything that may take its time: whoever watches the process sees that it lives, and what it is at.
    const health = await startHealthServer({
      host: config.SLIPWAY_SERVICE_HOST,
      port: config.SLIPWAY_SERVICE_PORT,
      registry: metrics.registry,
      notReady: async () => notReady ?? askNotReady(),
    })
    opened.push(() => health.close())

    await migrate(config.DATABASE_URL, definition.migrations, log)
    const store = await openStore<Database>({
      url: config.DATABASE_URL,
      log,
      name: `slipway-${name}`,
      poolSize: config.DATABASE_POOL_SIZE,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT * 1000,
      idleTransactionMs: config.DATABASE_IDLE_TRANSACTION_TIMEOUT * 1000,
      transactionMs: config.DATABASE_TRANSACTION_TIMEOUT * 1000,
    })
    opened.push(() => store.close())
    notReady = 'starting'
    const clock = await watchClock(store, metrics, log)
    opened.push(() => clock.stop())
    const bus = await connectBus({ servers: config.NATS_URL, name, version, log, prove: () => identity.token() })
    const identity = createServiceIdentity(bus, name)
    opened.push(() => bus.close())
    const patience = {
      log,
      onAway() {
        notReady = 'the event stream is away'
      },
    }
    await awaitStream(bus.ensureStream, patience)
    const stream = await watchEventStream(bus, store, log)
    opened.push(() => stream.stop())

    const revocations = followRevocations(bus, log)
    opened.push(async () => revocations.stop())
    const identify = createIdentify(bus, revocations)
    const catchUp = catchUpWith({ bus, store, metrics })
    const registry = metrics.registry
    const wiring = await definition.build({ config, store, bus, identity, log, registry, identify, catchUp })
    if (wiring.close) opened.push(wiring.close)

    const relay = startRelay({
      store,
      source: `/slipway/${name}`,
      mayPublish: () => stream.isKnown,
      publish: (event, type, messageId) =>
        bus.publishEvent(type, event, messageId).catch(error => {
          stream.doubt()
          throw error
        }),
      log,
    })
    opened.push(() => relay.stop())
    watchOutbox(metrics, () => relay.backlog())

    askNotReady = async () => {
      if (!bus.connected) return 'not connected to NATS'
      return store.ping().then(
        () => undefined,
        error => `database: ${(error as Error).message}`,
      )
    }

    const consumers = wiring.consumers ?? []
    const handlers = [
      ...wiring.operations,
      ...ownOperations(name, store, {
        handleAgain: (durable, event) => handleAgain(store, consumers, durable, event),
        catchUp: (durable, followed, call) => catchUpByName(catchUp, consumers, durable, followed, call),
      }),
    ].map(handler => measured(metrics, remembering(store, handler)))
    await bus.serve(handlers, {
      queue: name,
      identify,
      concurrency: config.OPERATION_CONCURRENCY,
      backlog: config.OPERATION_CONCURRENCY * 4,
    })
    for (const consumer of consumers) {
      consuming.push(await awaitStream(() => startConsumer({ bus, store, log, metrics }, consumer), patience))
    }
    workers.push(
      ...((await wiring.workers?.()) ?? []),
      every({
        store,
        name: 'purge',
        everyMs: purgeEveryMs,
        log,
        run: async () => {
          const purged = await purgeOld(store, { outboxDays: config.EVENT_RETENTION_DAYS })
          log.debug(purged, 'old rows were removed')
        },
      }),
    )
    const surface = await wiring.http?.listen()
    notReady = undefined
    let stopping = false
    const port = surface?.port ?? health.port
    log.info({ event: 'ready', port, version }, `${name} is ready on port ${port}`)

    return {
      port,
      log,
      async stop() {
        if (stopping) return
        stopping = true
        notReady = 'stopping'
        log.info({ event: 'stopping' }, `${name} stops`)
        await wiring.http?.close()
        await Promise.all([bus.drainServers(drainMs), ...consuming.map(consumer => consumer.stop())])
        await Promise.all(workers.map(worker => worker.stop()))
        await closeAll()
        log.info({ event: 'stopped' }, `${name} has stopped`)
      },
    }
  } catch (error) {
    await Promise.allSettled([...consuming, ...workers].map(worker => worker.stop()))
    await closeAll()
    throw error
  }
}
