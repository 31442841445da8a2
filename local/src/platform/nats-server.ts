import { join, resolve } from 'node:path'
import { failure, isFailure } from '@slipway/contracts'
import { freePort, listenProblem, type NatsServer, startNats } from '@slipway/servers'
import { type NatsAccess, natsAccess } from './nats-access.ts'

/** Who may do what on the bus: the same file for every way to run the platform. */
export const natsConfig = resolve(import.meta.dirname, '../../../deploy/nats.conf')

export type OwnNats = { readonly server: NatsServer; readonly access: NatsAccess }

export type OwnNatsOptions = {
  readonly dataDir: string
  /** 0: a free one. Absent: the one of the last start, or a free one when that is taken, or at the first start. */
  readonly port: number | undefined
  /** Default `deploy/nats.conf`. */
  readonly config: string | undefined
  readonly log: (line: string) => void
  readonly onExit: (how: string) => void
}

const host = '127.0.0.1'

/**
 * Starts NATS with the users and permissions of its configuration, on the port of the last start. Fails with `conflict`
 * when a port that was asked for is taken.
 */
export async function startOwnNats(options: OwnNatsOptions): Promise<OwnNats> {
  const { port, config = natsConfig, log, onExit } = options
  const dataDir = join(options.dataDir, 'nats')
  const access = await natsAccess(dataDir, config)
  const start = (on: number) => startNats({ dataDir, config, environment: access.environment, port: on, log, onExit })
  const server = await start(port ?? access.port ?? 0).catch(async error => {
    const taken = port ?? access.port
    // A conflict may be about the folder as well.
    if (!taken || !isFailure(error, 'conflict') || !(await listenProblem(taken, host))) throw error
    const text = `port ${taken} of ${host} is taken`
    if (port !== undefined) {
      throw failure('conflict', `SLIPWAY_NATS_PORT: ${text}; choose another, or 0 for a free one`, { cause: error })
    }
    const free = await freePort()
    log(`${text}, NATS uses port ${free} instead: programs of others need the new address`)
    return start(free)
  })
  await access.rememberPort(server.port)
  return { server, access }
}
