import { startNats, startPostgres } from '../src/mod.ts'

const [, , kind, dataDir = ''] = process.argv
const log = (): void => {}
const server =
  kind === 'postgres' ? await startPostgres({ dataDir, durable: false, log }) : await startNats({ dataDir, log })
console.log(JSON.stringify({ pid: server.pid, url: server.url }))
