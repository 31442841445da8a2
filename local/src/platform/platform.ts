import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { failure, type ServiceName, serviceNames } from '@slipway/contracts'
import type { NatsServer, PostgresServer } from '@slipway/servers'
import { type Account, accountFaults, checkAccountsFile } from './accounts.ts'
import { administratorFor, type Credentials } from './administrator.ts'
import { type DataDir, openDataDir } from './data-dir.ts'
import { createFleet, type Fleet, type FleetOptions, type PlatformProcess } from './fleet.ts'
import { openLauncherLog } from './launcher-log.ts'
import { choosePublicPort, httpAddress } from './public-port.ts'
import { openServers, type Servers } from './servers.ts'
import { keepsMails } from './service-environment.ts'
import type { Settings } from './settings.ts'
import { stopTimes } from './stop-in-order.ts'
import { registerTaskServices } from './task-services.ts'

export type PlatformOptions = Omit<Settings, 'accounts'> & {
  /** A JSON file, or the accounts themselves. */
  readonly accounts?: string | readonly Account[] | undefined
  /** What services inherit. Default: this process's environment. */
  readonly environment?: NodeJS.ProcessEnv
  /** Variables of one service, on top of everything else. */
  readonly env?: FleetOptions['overrides']
  /** Start what dies again. Default true. */
  readonly restart?: boolean
  /** URL of a service's database. Default: `slipway_<service>` on the server, made where it is missing. */
  readonly databases?: (service: ServiceName) => string
  /** Default true. False: PostgreSQL skips every fsync, for tests. */
  readonly durable?: boolean
  /** Run another program in place of a service. */
  readonly programs?: FleetOptions['programs']
  /** Configuration of the NATS that is started. Default `deploy/nats.conf`. */
  readonly natsConfig?: string
  /** Says what happens while the platform starts, a line each. Default: on standard error; `quiet`: nowhere. */
  readonly notify?: (line: string) => void
  readonly quiet?: boolean
  /** Aborting while the platform starts stops what was started and rejects with the reason. */
  readonly signal?: AbortSignal
}

/** A running platform. */
export type Platform = AsyncDisposable & {
  /** Public address of the gateway, without a slash at the end. */
  readonly url: string
  readonly dataDir: string
  readonly logs: string
  /**
   * Address of NATS for one of its users, with the password: a service, `operator`, `integration`, or who else is in the
   * configuration. Of a server that was given: as it was given, for everybody.
   */
  natsUrl(user: string): string
  /** Keeps the passwords of its users; undefined where NATS was given. */
  readonly natsAccessFile: string | undefined
  /** Folder in which mails are kept; undefined where they are sent. */
  readonly outbox: string | undefined
  databaseUrl(service: ServiceName): string
  /** The administrator's credentials as far as they are known here: given, or made up at this start. */
  readonly adminToken: string | undefined
  readonly adminPassword: string | undefined
  /** Those made up at this start: shown once, never again. */
  readonly generated: Credentials
  /** Every process that was started, also those that were stopped since. */
  readonly processes: readonly PlatformProcess[]
  /** Starts one more process of a service; resolves when it is ready. */
  startOne(service: ServiceName): Promise<PlatformProcess>
  /** The servers, unless they were given. */
  readonly postgres: PostgresServer | undefined
  readonly nats: NatsServer | undefined
  /** Gateway, other services, then NATS and PostgreSQL: all gone within 15 s, most of which PostgreSQL may use. */
  stop(): Promise<void>
  /** Ends everything at once, as a crash would. Committed data are safe. */
  kill(): Promise<void>
}

const databaseName = (service: ServiceName): string => `slipway_${service}`

/**
 * Starts PostgreSQL, NATS (unless they are given) and the five services on this machine; resolves when all are ready.
 * Fails with a sentence for the person who started it, and leaves nothing running then.
 */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const { host = '127.0.0.1', signal, restart = true } = options
  const notify = options.quiet
    ? () => {}
    : (options.notify ?? ((line: string) => void process.stderr.write(`${line}\n`)))
  const opened: { dir?: DataDir; servers?: Servers; fleet?: Fleet; log?: Disposable } = {}
  const close = async (how: 'stop' | 'kill'): Promise<void> => {
    const deadline = Date.now() + stopTimes.allMs
    await opened.fleet?.[how]()
    await (how === 'kill' ? opened.servers?.kill() : opened.servers?.stop(deadline - Date.now()))
    opened.log?.[Symbol.dispose]()
    await opened.dir?.release()
  }
  const stopServices = () => void opened.fleet?.stop()
  signal?.addEventListener('abort', stopServices, { once: true })
  try {
    const dir = await openDataDir(options.dataDir ?? '.slipway')
    opened.dir = dir
    const log = openLauncherLog(join(dir.logs, 'launcher.log'), notify)
    opened.log = log
    const accountsFile = await accountsFor(options.accounts, dir)
    const { port, notice } = await choosePublicPort(options.port, host)
    if (notice !== undefined) log.say(notice)
    const given = { token: options.adminToken, password: options.adminPassword }
    const administrator = await administratorFor(dir.path, options.databaseUrl, given)

    log.say(`starting PostgreSQL and NATS, data in ${dir.path}`)
    const { databaseUrl, natsUrl, natsPort, natsConfig, durable = true } = options
    const servers = await openServers({
      ...{ dataDir: dir.path, databaseUrl, natsUrl, natsPort, natsConfig, durable, restart },
      log: log.say,
    })
    opened.servers = servers
    const { databases } = servers
    signal?.throwIfAborted()
    if (!options.databases) for (const service of serviceNames) await databases.ensureDatabase(databaseName(service))
    const urlOf = options.databases ?? ((service: ServiceName) => databases.databaseUrl(databaseName(service)))

    const outbox = join(dir.path, 'outbox')
    const environment = options.environment ?? process.env
    log.say(`starting the services, logs in ${dir.logs}`)
    const fleet = createFleet({
      logs: dir.logs,
      replicas: options.replicas ?? {},
      restart,
      programs: options.programs ?? {},
      environment,
      overrides: options.env ?? {},
      log: log.write,
      settingsOf: service => ({
        databaseUrl: urlOf(service),
        natsUrl: servers.natsUrl(service),
        dataserviceUrl: options.dataserviceUrl,
        public: { host, port },
        administrator: administrator.credentials,
        accountsFile,
        outbox,
      }),
    })
    opened.fleet = fleet
    signal?.throwIfAborted()
    await fleet.startAll()
    await administrator.remember()
    const url = httpAddress(host, port)
    const left = await registerTaskServices(url, options.taskServices ?? [], administrator.credentials, { signal })
    if (left.length > 0) log.say(`not registered as task services, for want of SLIPWAY_ADMIN_TOKEN: ${left.join(', ')}`)
    log.quieten()

    let closing: Promise<void> | undefined
    const stop = () => {
      closing ??= close('stop')
      return closing
    }
    return {
      url,
      dataDir: dir.path,
      logs: dir.logs,
      natsUrl: servers.natsUrl,
      natsAccessFile: servers.natsAccessFile,
      outbox: keepsMails({ ...environment, ...options.env?.catalog }) ? outbox : undefined,
      databaseUrl: urlOf,
      adminToken: administrator.credentials.token,
      adminPassword: administrator.credentials.password,
      generated: administrator.generated,
      processes: fleet.processes,
      startOne: fleet.startOne,
      postgres: servers.postgres,
      nats: servers.nats,
      stop,
      kill: () => close('kill'),
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await close('stop')
    throw signal?.aborted ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', stopServices)
  }
}

async function accountsFor(accounts: PlatformOptions['accounts'], dir: DataDir): Promise<string | undefined> {
  if (accounts === undefined) return undefined
  if (typeof accounts === 'string') return checkAccountsFile(accounts)
  const faults = accountFaults(accounts)
  if (faults.length > 0) throw failure('invalid', faults.map(fault => `accounts: ${fault}`).join('\n'))
  await mkdir(dir.path, { recursive: true })
  const file = join(dir.path, 'accounts.json')
  await writeFile(file, `${JSON.stringify(accounts, null, 2)}\n`, { mode: 0o600 })
  return file
}
