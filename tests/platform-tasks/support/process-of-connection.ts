import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const hex = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`

/**
 * Which of these processes has the connection from this port to that of a server, as Linux tells it. The port alone
 * does not say it: it may be used towards other servers, too, and by connections that are closed already.
 */
export function processOfConnection(from: number, to: number, pids: readonly number[]): number | undefined {
  const row = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .find(([, local, remote]) => local?.endsWith(hex(from)) && remote?.endsWith(hex(to)))
  const socket = `socket:[${row?.[9]}]`
  return pids.find(pid => readdirSync(`/proc/${pid}/fd`).some(descriptor => linkOf(pid, descriptor) === socket))
}

/** A descriptor may be closed while it is looked at. */
function linkOf(pid: number, descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${descriptor}`)
  } catch {
    return undefined
  }
}
