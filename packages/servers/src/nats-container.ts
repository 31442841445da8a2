import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { NatsProgram } from './find-nats-server.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

const run = promisify(execFile)

export type ContainerOptions = {
  /** Name of the container: finds what an earlier run left behind. */
  readonly container: string
  readonly logFile: string
  readonly program: Extract<NatsProgram, { kind: 'container' }>
  /** Gets the process id of the `docker` client, which stands for the server. */
  readonly pidFile: string
  readonly streams: string
  readonly port: number
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly config: string | undefined
  ready(): Promise<boolean>
}

/** Removes a container of that name, running or not; none is no error. */
export async function removeContainer(docker: string, name: string): Promise<void> {
  await run(docker, ['rm', '--force', name]).catch(() => undefined)
}

/**
 * Runs the server in the foreground of a container: the `docker` client lives as long as the server and hands SIGTERM on.
 * SIGKILL would only reach the client, so that `kill` goes through the engine.
 */
export async function runInContainer(options: ContainerOptions): Promise<ServerProcess> {
  const { program, container, streams, port, flags, env, config } = options
  const client = await startServerProcess({
    name: 'NATS in a container',
    file: program.docker,
    args: [
      ...['run', '--rm', '--name', container, '--publish', `127.0.0.1:${port}:${port}`],
      ...['--volume', `${streams}:/streams`, ...(config ? ['--volume', `${config}:/nats.conf:ro`] : [])],
      // By name alone the client takes them from its own environment: a command line can be read by everybody.
      ...Object.keys(env).flatMap(name => ['--env', name]),
      ...[program.image, ...flags, '-sd', '/streams', '-a', '0.0.0.0', ...(config ? ['-c', '/nats.conf'] : [])],
    ],
    env: { ...process.env, ...env },
    logFile: options.logFile,
    stopSignal: 'TERM',
    ready: options.ready,
  })
  await writeFile(options.pidFile, `${client.pid}\n`)
  return {
    get pid() {
      return client.pid
    },
    get running() {
      return client.running
    },
    ended: client.ended,
    async stop(timeoutMs) {
      await client.stop(timeoutMs)
      await removeContainer(program.docker, container)
    },
    async kill() {
      await run(program.docker, ['kill', container]).catch(() => undefined)
      await client.kill()
      await removeContainer(program.docker, container)
    },
  }
}
