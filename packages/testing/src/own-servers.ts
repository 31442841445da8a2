import {
  type NatsOptions,
  type NatsServer,
  type PostgresOptions,
  type PostgresServer,
  startNats,
  startPostgres,
} from '@slipway/servers'
import { temporaryFolder } from './temporary-folder.ts'

const quiet = () => {}

/** A PostgreSQL server of the test's own, which it may kill. Disposing of it stops it and removes its data. */
export async function startOwnPostgres(options: Partial<PostgresOptions> = {}): Promise<PostgresServer> {
  const folder = await temporaryFolder()
  const server = await startPostgres({ dataDir: folder.path, durable: false, log: quiet, ...options })
  return withFolder(server, folder)
}

/** A NATS server of the test's own, which it may kill. Takes about 20 ms; disposing of it removes its streams. */
export async function startOwnNats(options: Partial<NatsOptions> = {}): Promise<NatsServer> {
  const folder = await temporaryFolder()
  const server = await startNats({ dataDir: folder.path, log: quiet, ...options })
  return withFolder(server, folder)
}

function withFolder<Server extends AsyncDisposable & { stop(): Promise<void> }>(
  server: Server,
  folder: AsyncDisposable,
): Server {
  return Object.defineProperty(server, Symbol.asyncDispose, {
    value: async () => {
      await server.stop()
      await folder[Symbol.asyncDispose]()
    },
  })
}
