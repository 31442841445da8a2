import { failure, isFailure } from '@slipway/contracts'
import { freePort, listenProblem } from '@slipway/servers'
import { usualPort } from './settings.ts'

export type PublicPort = {
  readonly port: number
  /** Why it is another than the usual one, for the person at the terminal. */
  readonly notice?: string
}

/** Address of a server there, without a slash at the end. */
export const httpAddress = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`

/**
 * Settles the gateway's port before it starts, so that it keeps it when it is restarted. `wanted` absent: 8080, or a free
 * one when that is taken; 0: a free one. Fails with `conflict` when a port that was asked for is taken.
 */
export async function choosePublicPort(wanted: number | undefined, host: string): Promise<PublicPort> {
  if (wanted === 0) return { port: await freePort(host).catch(cannotListen) }
  const port = wanted ?? usualPort
  const problem = await listenProblem(port, host)
  if (!problem) return { port }
  if (problem.code !== 'EADDRINUSE' && problem.code !== 'EACCES') return cannotListen(problem)
  const text = `port ${port} of ${host} ${problem.code === 'EACCES' ? 'may not be used by this user' : 'is taken'}`
  if (wanted !== undefined) throw failure('conflict', `SLIPWAY_PORT: ${text}; choose another, or 0 for a free one`)
  const free = await freePort(host)
  return { port: free, notice: `${text}, using port ${free} instead` }

  function cannotListen(error: Error): never {
    if (isFailure(error)) throw error
    throw failure('invalid', `SLIPWAY_HOST: can not listen on ${host}: ${error.message}`)
  }
}
