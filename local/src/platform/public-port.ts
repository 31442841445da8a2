import { createServer } from 'node:net'
import { failure } from '@slipway/contracts'
import { usualPort } from './settings.ts'

export type PublicPort = {
  readonly port: number
  /** Why it is another than the usual one, for the person at the terminal. */
  readonly notice?: string
}

/**
 * Settles the gateway's port before it starts, so that it keeps it when it is restarted. `wanted` absent: 8080, or a free
 * one when that is taken; 0: a free one. Fails with `conflict` when a port that was asked for is taken.
 */
export async function choosePublicPort(wanted: number | undefined, host: string): Promise<PublicPort> {
  const port = wanted ?? usualPort
  const problem = await tryPort(port, host)
  if (typeof problem === 'number') return { port: problem }
  if (problem.code !== 'EADDRINUSE' && problem.code !== 'EACCES') {
    throw failure('invalid', `SLIPWAY_HOST: can not listen on ${host}: ${problem.message}`)
  }
  const text = `port ${port} of ${host} ${problem.code === 'EACCES' ? 'may not be used by this user' : 'is taken'}`
  if (wanted !== undefined) throw failure('conflict', `SLIPWAY_PORT: ${text}; choose another, or 0 for a free one`)
  const free = await tryPort(0, host)
  if (typeof free !== 'number') throw failure('unavailable', `no free port on ${host}: ${free.message}`)
  return { port: free, notice: `${text}, using port ${free} instead` }
}

function tryPort(port: number, host: string): Promise<number | NodeJS.ErrnoException> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}
