import { createHash, randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { findNatsServer } from './find-nats-server.ts'
import { type DataFolder, ownFolder, stopLeftOver } from './left-over.ts'
import { removeContainer, runInContainer } from './nats-container.ts'
import { natsInfo } from './nats-info.ts'
import { startRestartable } from './restartable-server.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

export type NatsOptions = {
  /** Holds the streams and the server's log; made if it is missing. */
  readonly dataDir: string
  /** Default 0: a free one. */
  readonly port?: number
  readonly log: (line: string) => void
  /** Path of a `nats.conf`; port, address, store and name are set by us all the same. */
  readonly config?: string
  /** Variables that `config` reads, e.g. passwords. Default: none but this process's own. */
  readonly environment?: Readonly<Record<string, string>>
  /** One thread for the server (`GOMAXPROCS=1`), which is faster on small machines. Default: with at most two cores. */
  readonly singleThread?: boolean
  /** Called when the server ends without `stop`, `kill` or `restart` having been called. */
  readonly onExit?: (how: string) => void
}

export type NatsServer = AsyncDisposable & {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly logFile: string
  /** Killed after `timeoutMs` (default 13,000). Returns when the server is gone, also if it was already dead. */
  stop(timeoutMs?: number): Promise<void>
  /** SIGKILL, as a crash would be. */
  kill(): Promise<void>
  /** Stops it if it runs and starts it again on the same port and data. */
  restart(): Promise<void>
}

/**
 * Starts a NATS server with JetStream on 127.0.0.1. A server that a killed process left running on the same folder is
 * stopped first; `conflict` if the folder is in use, `unavailable` if there is no server program or it cannot start.
 */
export async function startNats(options: NatsOptions): Promise<NatsServer> {
  const { log, singleThread = cpus().length <= 2 } = options
  const home = resolve(options.dataDir)
  const streams = join(home, 'streams')
  const config = options.config === undefined ? undefined : resolve(options.config)
  await mkdir(streams, { recursive: true })
  const program = await findNatsServer(log)
  // Stands in the command line of every server of this folder, in a container or not.
  const identity = `slipway-nats-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`
  const folder: DataFolder = {
    name: 'NATS',
    folder: home,
    pidFile: join(home, 'nats.pid'),
    mark: identity,
    stopSignal: 'SIGTERM',
  }
  await stopLeftOver(folder, log)
  if (program.kind === 'container') await removeContainer(program.docker, identity)
  await ownFolder(folder)

  const logFile = join(home, 'nats.log')
  const env = { ...options.environment, ...(singleThread && { GOMAXPROCS: '1' }) }
  const launch = (port: number): Promise<ServerProcess> => {
    // Tells our server from a stranger's on the same port.
    const name = `${identity}-${randomBytes(4).toString('hex')}`
    const ready = async (): Promise<boolean> => (await natsInfo(port))?.server_name === name
    const flags = ['-js', '-p', String(port), '-n', name]
    const { pidFile } = folder
    if (program.kind === 'container') {
      return runInContainer({
        program,
        container: identity,
        pidFile,
        streams,
        port,
        flags,
        env,
        config,
        logFile,
        ready,
      })
    }
    flags.push('-a', '127.0.0.1', '-sd', streams, '-P', pidFile, ...(config ? ['-c', config] : []))
    return startServerProcess({
      name: 'NATS',
      file: program.file,
      args: flags,
      env: { ...process.env, ...env },
      logFile,
      stopSignal: 'TERM',
      ready,
    })
  }

  const server = await startRestartable({ name: 'NATS', port: options.port ?? 0, launch, onExit: options.onExit })
  return {
    url: `nats://127.0.0.1:${server.port}`,
    port: server.port,
    get pid() {
      return server.pid
    },
    logFile,
    stop: server.stop,
    kill: server.kill,
    restart: server.restart,
    [Symbol.asyncDispose]: () => server.stop(),
  }
}
