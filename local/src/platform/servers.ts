import { join } from 'node:path'
import { type NatsServer, type PostgresServer, startPostgres } from '@slipway/servers'
import { type DatabaseServer, givenDatabaseServer } from './database-server.ts'
import { checkGivenNats } from './given-nats.ts'
import { type OwnNats, startOwnNats } from './nats-server.ts'
import { watchStreams } from './watch-streams.ts'

export type Servers = {
  readonly databases: DatabaseServer
  /** For one user of the broker, with the password; that of a given server as it was given, for everybody. */
  natsUrl(user: string): string
  /** Absent when the server was given. */
  readonly postgres: PostgresServer | undefined
  readonly nats: NatsServer | undefined
  /** Where the passwords of its users are kept. */
  readonly natsAccessFile: string | undefined
  /** Both at once: nobody is left who needs them. A server that takes longer than `timeoutMs` is killed. */
  stop(timeoutMs?: number): Promise<void>
  kill(): Promise<void>
}

export type ServersOptions = {
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  readonly natsUrl: string | undefined
  readonly natsPort: number | undefined
  readonly natsConfig: string | undefined
  readonly durable: boolean
  /** Start a server again that died by itself. One that was killed through its handle stays dead until `restart`. */
  readonly restart: boolean
  readonly log: (line: string) => void
}

const backoffMs = { first: 200, max: 5_000 }

/**
 * Looks for the NATS that was given and starts the others, at the same time. If one fails, the other is stopped again.
 */
export async function openServers(options: ServersOptions): Promise<Servers> {
  const { dataDir, databaseUrl, natsUrl, natsPort, natsConfig, durable, log } = options
  let stopping = false
  let pause = backoffMs.first

  const own: { postgres?: PostgresServer; nats?: OwnNats } = {}

  const revive = (name: string, server: () => PostgresServer | NatsServer | undefined) => {
    const onExit = (how: string): void => {
      log(`${name} ended (${how})`)
      if (stopping || !options.restart) return
      const again = () => (stopping ? undefined : server()?.restart())
      setTimeout(() => void again()?.catch(error => onExit(String(error))), pause)
      pause = Math.min(pause * 2, backoffMs.max)
    }
    return onExit
  }
  const openPostgres = async () => {
    const onExit = revive('PostgreSQL', () => own.postgres)
    own.postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), durable, log, onExit })
  }
  const openNats = async () => {
    const onExit = revive('NATS', () => own.nats?.server)
    own.nats = await startOwnNats({ dataDir, port: natsPort, config: natsConfig, log, onExit })
  }

  if (natsUrl !== undefined) await checkGivenNats(natsUrl)
  const results = await Promise.allSettled([
    databaseUrl === undefined && openPostgres(),
    natsUrl === undefined && openNats(),
  ])
  const { postgres } = own
  const nats = own.nats?.server
  const failed = results.find(result => result.status === 'rejected')
  if (failed) {
    stopping = true
    await Promise.all([postgres?.stop(), nats?.stop()])
    throw failed.reason
  }

  const pass = own.nats?.access.passwords.operator
  const watch =
    nats && pass !== undefined && options.restart
      ? watchStreams({ server: nats, credentials: { user: 'operator', pass }, folder: join(dataDir, 'nats'), log })
      : undefined

  return {
    databases: postgres ?? givenDatabaseServer(databaseUrl ?? ''),
    natsUrl: user => (own.nats ? urlOf(own.nats, user) : (natsUrl ?? '')),
    postgres,
    nats,
    natsAccessFile: own.nats?.access.file,
    async stop(timeoutMs) {
      stopping = true
      const natsGone = async () => {
        await watch?.stop()
        await nats?.stop(timeoutMs)
      }
      await Promise.all([natsGone(), postgres?.stop(timeoutMs)])
    },
    async kill() {
      stopping = true
      void watch?.stop()
      await Promise.all([nats?.kill(), postgres?.kill()])
    },
  }
}

function urlOf({ server, access }: OwnNats, user: string): string {
  const password = access.passwords[user]
  if (password === undefined) throw new RangeError(`NATS has no user ${user}`)
  return server.url.replace('://', `://${user}:${password}@`)
}
