import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A stand-in for a service in tests of the launcher: says that it is ready on a port where it tells its environment, and
 * plays the script of its first argument: `crash` ends before it is ready, `mute` never says it is, `stuck` ignores SIGTERM, `slow`
 * takes 300 ms to stop, `migrating` changes its tables until SIGUSR2 before it is ready.
 */
const script = process.argv[2] ?? 'good'

const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ pid: process.pid, env: process.env }))
})

process.on('SIGTERM', () => {
  console.log(JSON.stringify({ event: 'asked', at: Date.now() }))
  if (script === 'stuck') return
  setTimeout(
    () => {
      console.log(JSON.stringify({ event: 'stopped', at: Date.now() }))
      process.exit(0)
    },
    script === 'slow' ? 300 : 0,
  )
})

if (script === 'crash') {
  console.error('the disk is full')
  process.exit(3)
}

const port = process.env.SLIPWAY_PORT ? Number(process.env.SLIPWAY_PORT) : 0
if (script === 'migrating') {
  const keepAlive = setInterval(() => {}, 60_000)
  const told = once(process, 'SIGUSR2')
  console.log(JSON.stringify({ level: 30, event: 'migrating' }))
  await told
  clearInterval(keepAlive)
  console.log(JSON.stringify({ level: 30, event: 'migrated' }))
}
server.listen(port, '127.0.0.1', () => {
  const event = script === 'mute' ? 'thinking' : 'ready'
  console.log(JSON.stringify({ level: 30, event, port: (server.address() as AddressInfo).port }))
})
