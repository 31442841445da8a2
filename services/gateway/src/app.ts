import { followers } from '@slipway/contracts'
import { createTellFollower, type ServiceDefinition } from '@slipway/service'
import manifest from '../package.json' with { type: 'json' }
import type { ApiOptions } from './api/api-options.ts'
import { answerErrors } from './api/platform-errors.ts'
import { type GatewayConfig, gatewayConfig } from './config.ts'
import { platformDocument } from './docs/platform-document.ts'
import { docsRoutes } from './docs/routes.ts'
import { baseUrlReader } from './http/base-url.ts'
import { boundedBus } from './http/bounded-bus.ts'
import { addHealthRoutes } from './http/health.ts'
import { serverLimits } from './http/limits.ts'
import { errorLog, observeRequests } from './http/observe.ts'
import { createHttpServer } from './http/server.ts'
import { startActivationPurge } from './identity/activation.ts'
import { openIdentity } from './identity/identity.ts'
import { identityRoutes } from './identity/routes.ts'
import { identitySettings } from './identity/settings.ts'
import { standingConsumer } from './identity/standing.ts'
import { platformTasksDocument } from './platform-tasks/openapi.ts'
import { platformTasks } from './platform-tasks/routes.ts'
import { releaseCoordinatorDocument } from './release-coordinator/openapi.ts'
import { kidsFirstOrigins, releaseCoordinator } from './release-coordinator/routes.ts'
import { openDownloads } from './release-packages/download/downloads.ts'
import { releasePackagesDocument } from './release-packages/openapi.ts'
import { releasePackages } from './release-packages/routes.ts'
import { djangoUrl } from './release-schedules/django-url.ts'
import { releaseSchedulesDocument } from './release-schedules/openapi.ts'
import { releaseSchedules } from './release-schedules/routes.ts'
import { restoreHandlers } from './restore/restore.operations.ts'
import { sourceExportsDocument } from './source-exports/openapi.ts'
import { sourceExports } from './source-exports/routes.ts'
import { streamRoutes } from './stream/routes.ts'
import { openStream } from './stream/stream.ts'
import { unifiedDocument } from './unified/openapi.ts'
import { unifiedApi } from './unified/routes.ts'
import { createDeliveries } from './webhook/create-deliveries.ts'
import { webhooksDocument } from './webhook/openapi.ts'
import { openWebhooks } from './webhook/webhooks.ts'

const drainMs = 10_000
const heartbeatMs = 15_000
/** A client that takes nothing for so long is taken for gone. */
const stallMs = 120_000

/** The gateway: the HTTP surface of all APIs, who calls them, the stream of events, and their descriptions. */
export const gateway: ServiceDefinition<GatewayConfig, unknown> = {
  name: 'gateway',
  version: manifest.version,
  config: gatewayConfig,
  migrations: new URL('../migrations', import.meta.url),

  async build({ config, store, bus, log, registry }) {
    const identity = await openIdentity({ store, bus, log, ...identitySettings(config) })
    const downloads = openDownloads({ config, store, bus, log })
    const { authenticator } = identity
    const logError = errorLog(log)
    const accountChanges = {
      announceChange: identity.announceChange,
      showAccount: createTellFollower(bus, log, followers.accounts),
    }
    const webhooks = openWebhooks({
      store,
      authenticator,
      allowInternal: config.ALLOW_INTERNAL_ADDRESSES,
      log,
      logError,
    })
    const stream = await openStream({
      store,
      bus,
      log,
      days: config.SLIPWAY_STREAM_DAYS,
      alsoWrite: createDeliveries,
      afterCommit: webhooks.kick,
    })

    const server = await createHttpServer({
      trustProxy: config.SLIPWAY_TRUST_PROXY,
      bodyLimit: config.SLIPWAY_BODY_LIMIT,
      rewriteUrl: djangoUrl,
      requestsPerMinute: config.SLIPWAY_RATE_LIMIT,
      corsOrigins: config.SLIPWAY_DEVELOPMENT ? ['*'] : (config.SLIPWAY_CORS_ORIGINS ?? kidsFirstOrigins),
      trustsAllOrigins: config.SLIPWAY_DEVELOPMENT,
      ...serverLimits(config),
    })
    const calls = boundedBus(bus, { places: config.SLIPWAY_CALLS, waitMs: config.SLIPWAY_CALL_WAIT_MS })
    const { app } = server
    answerErrors(app, logError)
    observeRequests(app, { log, registry, accessLog: config.SLIPWAY_ACCESS_LOG })
    addHealthRoutes(app, {
      registry: config.SLIPWAY_METRICS_PUBLIC ? registry : undefined,
      async notReady() {
        if (server.stopping) return 'stopping'
        if (!bus.connected) return 'not connected to NATS'
        return store.ping().then(
          () => undefined,
          error => `database: ${(error as Error).message}`,
        )
      },
    })

    const api: ApiOptions = {
      bus: calls,
      authenticator,
      baseUrlOf: baseUrlReader(config.SLIPWAY_PUBLIC_URL),
      logError,
    }
    await app.register(releaseCoordinator, {
      ...api,
      anonymousWrites: { allowed: config.SLIPWAY_ANONYMOUS_WRITES, perMinute: config.SLIPWAY_ANONYMOUS_RATE_LIMIT },
    })
    await app.register(releaseSchedules, { ...api, store, announceChange: identity.announceChange })
    await app.register(sourceExports, { ...api, store, ...accountChanges })
    await app.register(releasePackages, {
      ...api,
      store,
      ...accountChanges,
      downloads,
      uploadLimit: config.SLIPWAY_UPLOAD_LIMIT,
    })
    await app.register(platformTasks, api)
    await app.register(unifiedApi, api)
    await app.register(identityRoutes, { store, authenticator, ...accountChanges, logError })
    await app.register(streamRoutes, {
      store,
      tail: stream.tail,
      authenticator,
      anonymous: config.SLIPWAY_STREAM_ANONYMOUS,
      mostStreams: config.SLIPWAY_STREAMS,
      mostPerAddress: config.SLIPWAY_STREAMS_PER_ADDRESS,
      mostPerAccount: config.SLIPWAY_STREAMS_PER_ACCOUNT,
      heartbeatMs,
      stallMs,
      logError,
    })
    await app.register(instance => webhooks.routes(instance, stream.tail.access))
    await app.register(docsRoutes, {
      asyncApi: { version: manifest.version, serverUrl: config.SLIPWAY_PUBLIC_NATS_URL },
      documents: [
        {
          name: 'release-coordinator',
          title: 'Release Coordinator',
          document: releaseCoordinatorDocument(manifest.version),
        },
        { name: 'release-schedules', title: 'Release Schedules', document: releaseSchedulesDocument(manifest.version) },
        { name: 'release-packages', title: 'Release Packages', document: releasePackagesDocument(manifest.version) },
        { name: 'source-exports', title: 'Source Exports', document: sourceExportsDocument(manifest.version) },
        { name: 'platform-tasks', title: 'Tasks', document: platformTasksDocument(manifest.version) },
        { name: 'unified', title: 'Slipway', document: unifiedDocument(manifest.version) },
        { name: 'webhooks', title: 'Webhooks', document: webhooksDocument(manifest.version) },
        { name: 'platform', title: 'Accounts, tokens, stream', document: platformDocument(manifest.version) },
      ],
    })

    return {
      operations: [...identity.operations, ...restoreHandlers({ bus, store, log })],
      consumers: [stream.consumer, standingConsumer(identity.announceChange)],
      workers: async () => [
        identity.startKeyRotation(),
        startActivationPurge(store, log),
        downloads.start(),
        stream.startPurge(),
        ...(await webhooks.startWorkers(stream.tail.access)),
      ],
      http: {
        async listen() {
          await app.listen({ host: config.SLIPWAY_HOST, port: config.SLIPWAY_PORT })
          const address = app.server.address()
          return { port: typeof address === 'object' && address ? address.port : config.SLIPWAY_PORT }
        },
        close: () => server.stop({ lingerMs: config.SLIPWAY_STOP_DELAY_MS, drainMs }),
      },
      async close() {
        identity.close()
        await stream.tail.stop()
        await webhooks.close()
        await downloads.close()
      },
    }
  },
}
