import { join } from 'node:path'
import { serviceNames } from '@slipway/contracts'
import { startPlatform } from '../src/mod.ts'

/** A launcher of stand-ins, to be killed: says which processes it has started. */
const program = { cwd: import.meta.dirname, args: [join(import.meta.dirname, 'scripted-program.ts'), 'slow'] }
const platform = await startPlatform({
  port: 0,
  dataDir: process.argv[2],
  durable: false,
  quiet: true,
  programs: Object.fromEntries(serviceNames.map(service => [service, program])),
})
const pids = [...platform.processes.map(({ pid }) => pid), platform.postgres?.pid, platform.nats?.pid]
process.stdout.write(`${JSON.stringify(pids)}\n`)
