import { join, resolve } from 'node:path'
import { failure, type ServiceName, serviceNames } from '@slipway/contracts'
import { freePort } from '@slipway/servers'
import type { Program } from './program.ts'
import { type ServiceEnvironment, serviceEnvironment } from './service-environment.ts'
import type { Replicas } from './settings.ts'
import { stopInOrder } from './stop-in-order.ts'
import { type SupervisedProcess, supervise } from './supervisor.ts'

export type PlatformProcess = SupervisedProcess & {
  readonly service: ServiceName
  /** From 1; the number in the name of its log file. */
  readonly replica: number
}

export type FleetOptions = {
  readonly logs: string
  readonly replicas: Replicas
  readonly restart: boolean
  readonly programs: { readonly [Name in ServiceName]?: Program }
  /** What all services inherit. */
  readonly environment: NodeJS.ProcessEnv
  /** What one service gets on top. */
  readonly overrides: { readonly [Name in ServiceName]?: Readonly<Record<string, string>> }
  readonly log: (line: string) => void
  settingsOf(service: ServiceName): ServiceEnvironment
}

/** The services' processes. */
export type Fleet = {
  readonly processes: readonly PlatformProcess[]
  /** Starts what was asked for, all at once; resolves when every process is ready. */
  startAll(): Promise<void>
  /** Starts one more process of a service; resolves when it is ready. */
  startOne(service: ServiceName): Promise<PlatformProcess>
  stop(): Promise<void>
  kill(): Promise<void>
}

const servicesFolder = resolve(import.meta.dirname, '../../../services')

export function createFleet(options: FleetOptions): Fleet {
  const processes: PlatformProcess[] = []
  const counts = new Map<ServiceName, number>()
  let stopped = false

  const launch = async (service: ServiceName): Promise<PlatformProcess> => {
    const replica = (counts.get(service) ?? 0) + 1
    counts.set(service, replica)
    const settings = options.settingsOf(service)
    // One process can hold the public port; further gateways stand beside it on ports of their own.
    const port = service === 'gateway' && replica > 1 ? await freePort() : settings.public.port
    if (stopped) throw failure('unavailable', 'the platform is stopping')
    const name = `${service}-${replica}`
    const supervised = supervise({
      name,
      program: options.programs[service] ?? { cwd: join(servicesFolder, service), args: ['src/main.ts'] },
      env: serviceEnvironment(
        service,
        options.environment,
        { ...settings, public: { ...settings.public, port } },
        options.overrides[service],
      ),
      logFile: join(options.logs, `${name}.log`),
      restart: options.restart,
      log: options.log,
    })
    const started = Object.assign(supervised, { service, replica })
    processes.push(started)
    return started
  }

  const startOne = async (service: ServiceName): Promise<PlatformProcess> => {
    const started = await launch(service)
    await started.whenReady()
    return started
  }

  return {
    processes,
    async startAll() {
      const wanted = serviceNames.flatMap(service => Array<ServiceName>(options.replicas[service] ?? 1).fill(service))
      await Promise.all(wanted.map(startOne))
    },
    startOne,
    async stop() {
      stopped = true
      await stopInOrder(processes)
    },
    async kill() {
      stopped = true
      await Promise.all(processes.map(process => process.stop(0)))
    },
  }
}
