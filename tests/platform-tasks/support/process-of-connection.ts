import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Which of these processes has the connection whose own port this is, as Linux tells it. */
export function processOfConnection(port: number, pids: readonly number[]): number | undefined {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map(row => row.trim().split(/\s+/))
    .find(columns => columns[1]?.endsWith(local))
  const socket = `socket:[${line?.[9]}]`
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
