import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort, listenProblem } from './free-port.ts'

test('a free port is none that an outgoing connection may be given', async context => {
  if (process.platform !== 'linux') context.skip()
  const [start] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()))
  expect(Math.max(...ports)).toBeLessThan(Number(start))
  expect(new Set(ports).size, 'what was chosen is not chosen again').toBe(ports.length)
})

test('a port that is taken has a problem, and an address that is not here fails at once', async () => {
  const port = await freePort()
  const server = createServer()
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  expect(await listenProblem(port, '127.0.0.1')).toMatchObject({ code: 'EADDRINUSE' })
  server.close()
  await expect(freePort('192.0.2.1')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
})
