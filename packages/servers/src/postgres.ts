import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from '@slipway/contracts'
import pg from 'pg'
import { checkDataVersion } from './data-version.ts'
import { initialise } from './initdb.ts'
import { type DataFolder, ownFolder, stopLeftOver } from './left-over.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { postgresHome } from './postgres-home.ts'
import { processFacts, readPid } from './processes.ts'
import { startRestartable } from './restartable-server.ts'
import { causeText, type ServerProcess, startServerProcess } from './server-process.ts'
import { postgresUser } from './system-user.ts'

export type PostgresOptions = {
  /** Holds the data, the superuser's password and the server's log; made if it is missing. */
  readonly dataDir: string
  /** Default 0: a free one. */
  readonly port?: number
  /** Default true. False skips every fsync: for tests, whose data need not outlive the machine. */
  readonly durable?: boolean
  readonly log: (line: string) => void
  /** Called when the server ends without `stop`, `kill` or `restart` having been called. */
  readonly onExit?: (how: string) => void
}

export type PostgresServer = AsyncDisposable & {
  /** The superuser's URL of the database `postgres`. */
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly logFile: string
  databaseUrl(name: string): string
  /** Makes the database if there is none of that name. Returns its URL. */
  ensureDatabase(name: string): Promise<string>
  /**
   * Ends connections, writes everything down and stops; killed after `timeoutMs` (default 13,000). Returns when the server is
   * gone, also if it was already dead.
   */
  stop(timeoutMs?: number): Promise<void>
  /** SIGKILL, as a crash would be. Data that were committed are there after `restart`. */
  kill(): Promise<void>
  /** Stops it if it runs and starts it again on the same port and data. */
  restart(): Promise<void>
}

const superuser = 'slipway'
const duplicateDatabase = '42P04'

/**
 * Starts a PostgreSQL 18 server on 127.0.0.1 with data that last. A server that a killed process left running on the
 * same folder is stopped first; `conflict` if the folder is in use, `unavailable` if the server cannot start.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { log, durable = true } = options
  const user = await postgresUser(log)
  const home = await postgresHome(options.dataDir, user, log)
  const binaries = await postgresBinaries(user, log)
  const data = join(home, 'data')
  const folder: DataFolder = {
    name: 'PostgreSQL',
    folder: home,
    pidFile: join(data, 'postmaster.pid'),
    mark: ` -D ${data} `,
    stopSignal: 'SIGINT',
  }
  await stopLeftOver(folder, log)
  await ownFolder(folder)
  const password = await keptPassword(join(home, 'password'))
  await checkDataVersion(data, binaries.postgres)
  await initialise({ initdb: binaries.initdb, data, superuser, password, durable, user })

  const logFile = join(home, 'postgres.log')
  const launch = async (port: number): Promise<ServerProcess> => {
    await dropForeignPidFile(folder)
    return startServerProcess({
      name: 'PostgreSQL',
      file: binaries.postgres,
      args: ['-D', data, ...settings(port, durable).flatMap(setting => ['-c', setting])],
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      user,
      logFile,
      stopSignal: 'INT',
      ready: pid => isReady(folder.pidFile, pid),
    })
  }
  const server = await startRestartable({
    name: 'PostgreSQL',
    port: options.port ?? 0,
    launch,
    // The last processes of a killed server may hold its memory for a moment.
    mayPass: error => causeText(error).includes('shared memory'),
    onExit: options.onExit,
  })
  const databaseUrl = (name: string): string =>
    `postgres://${superuser}:${password}@127.0.0.1:${server.port}/${encodeURIComponent(name)}`

  return {
    url: databaseUrl('postgres'),
    port: server.port,
    get pid() {
      return server.pid
    },
    logFile,
    databaseUrl,
    async ensureDatabase(name) {
      const client = new pg.Client({ connectionString: databaseUrl('postgres') })
      await client.connect()
      try {
        await client.query(`create database ${client.escapeIdentifier(name)}`)
      } catch (error) {
        if ((error as { code?: string }).code === duplicateDatabase) return databaseUrl(name)
        throw failure('unavailable', `PostgreSQL could not make the database ${name}: ${(error as Error).message}`, {
          cause: error,
        })
      } finally {
        await client.end()
      }
      return databaseUrl(name)
    },
    stop: server.stop,
    kill: server.kill,
    restart: server.restart,
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

function settings(port: number, durable: boolean): string[] {
  return [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    // The path of a socket may not be longer than 107 bytes, and a data folder may: nobody needs one here.
    'unix_socket_directories=',
    'max_connections=200',
    'timezone=UTC',
    'log_timezone=UTC',
    'lc_messages=C',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ]
}

async function isReady(pidFile: string, pid: number): Promise<boolean> {
  const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n')
  // The eighth line is the server's state; the file may still be that of an earlier server.
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}

/** A process id in a file of a crashed server may be anybody's by now, and PostgreSQL would refuse to start. */
async function dropForeignPidFile({ pidFile, mark }: DataFolder): Promise<void> {
  const pid = await readPid(pidFile)
  const facts = pid === null ? null : await processFacts(pid)
  if (facts && !facts.command.includes(mark)) await rm(pidFile, { force: true })
}

async function keptPassword(file: string): Promise<string> {
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (kept !== '') return kept
  const password = randomBytes(18).toString('base64url')
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  return password
}
