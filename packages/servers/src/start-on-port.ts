import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import { freePort } from './free-port.ts'
import { causeText, type ServerProcess } from './server-process.ts'

export type StartOnPort = {
  /** For messages, e.g. `PostgreSQL`. */
  readonly name: string
  /** 0: a free one, another one if somebody else takes it before the server does. */
  readonly port: number
  /** True for errors of a start that may pass; it is tried again for 10 s. */
  mayPass?(error: unknown): boolean
  launch(port: number): Promise<ServerProcess>
}

/** Starts a server on a port and says which it was. A given port that is taken is a `conflict`. */
export async function startOnPort(options: StartOnPort): Promise<{ server: ServerProcess; port: number }> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const port = options.port === 0 ? await freePort() : options.port
    try {
      return { server: await options.launch(port), port }
    } catch (error) {
      const taken = causeText(error).includes('address already in use')
      const again = (taken && options.port === 0) || options.mayPass?.(error) === true
      if (again && Date.now() < deadline) await delay(100)
      else if (taken)
        throw failure('conflict', `${options.name}: port ${port} is taken by another program`, { cause: error })
      else throw error
    }
  }
}
