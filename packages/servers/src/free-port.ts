import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { failure } from '@slipway/contracts'

/** Where systems begin to give out ports for outgoing connections; Linux says it, others begin higher. */
const usualEphemeral = 32_768
/** Ports below that range which are tried. */
const span = 10_000
/** Processes that choose at the same moment choose apart: each from the ports of its own class, by its number. */
const classes = 50
const attempts = 100
/** What was chosen here may not be listened on yet. */
const chosen = new Set<number>()

/**
 * A TCP port that nobody listens on at the moment, of those that no outgoing connection is given: one of these could take
 * it before the caller does. @param host address to listen on, default 127.0.0.1
 * @throws the error of `listen`, if the address cannot be listened on at all
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const end = ephemeralStart()
  const first = Math.max(1_024, end - span)
  const size = Math.floor((end - first) / classes)
  if (chosen.size > size / 2) chosen.clear()
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = first + randomInt(size) * classes + (process.pid % classes)
    if (chosen.has(port)) continue
    chosen.add(port)
    const problem = await listenProblem(port, host)
    if (!problem) return port
    if (problem.code !== 'EADDRINUSE' && problem.code !== 'EACCES') throw problem
  }
  throw failure('unavailable', `no free port on ${host}`)
}

/** Why nothing can listen there; undefined: it can. */
export function listenProblem(port: number, host: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

function ephemeralStart(): number {
  try {
    const [start] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)
    const first = Number(start)
    // Some let it begin with all that users may have: then there is nothing below it to choose from.
    return first > 2 * span ? first : usualEphemeral
  } catch {
    return usualEphemeral
  }
}
