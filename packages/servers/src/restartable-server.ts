import type { ServerProcess } from './server-process.ts'
import { type StartOnPort, startOnPort } from './start-on-port.ts'

export type RestartableOptions = StartOnPort & {
  /** Called when the server ends without having been told to. */
  readonly onExit: ((how: string) => void) | undefined
}

export type RestartableServer = {
  readonly port: number
  readonly pid: number
  stop(timeoutMs?: number): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
}

/** Starts a server that may be stopped or killed and started again, on the port that it got first. */
export async function startRestartable({ onExit, ...options }: RestartableOptions): Promise<RestartableServer> {
  let told = false
  const start = async (port: number): Promise<{ server: ServerProcess; port: number }> => {
    const started = await startOnPort({ ...options, port })
    told = false
    void started.server.ended.then(how => {
      if (!told) onExit?.(how)
    })
    return started
  }
  const { port, server: first } = await start(options.port)
  let server = first
  const stop = async (timeoutMs?: number): Promise<void> => {
    told = true
    await server.stop(timeoutMs)
  }
  return {
    port,
    get pid() {
      return server.pid
    },
    stop,
    async kill() {
      told = true
      await server.kill()
    },
    async restart() {
      await stop()
      server = (await start(port)).server
    },
  }
}
