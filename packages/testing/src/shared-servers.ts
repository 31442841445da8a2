import { dockerAnswers } from '@slipway/servers'
import type { SharedServer } from './containers.ts'
import { startOwnNats, startOwnPostgres } from './own-servers.ts'

const say = (line: string): void => console.log(line)
const nothingToStop = async (): Promise<void> => {}

/** PostgreSQL for a whole test run: `DATABASE_URL`, else a container, else a server of our own. Says which. */
export async function startSharedPostgres(): Promise<SharedServer> {
  const { DATABASE_URL } = process.env
  if (DATABASE_URL) {
    say(`PostgreSQL for tests: ${withoutPassword(DATABASE_URL)} (DATABASE_URL)`)
    return { url: DATABASE_URL, [Symbol.asyncDispose]: nothingToStop }
  }
  if (await dockerAnswers()) {
    say('PostgreSQL for tests: a container of postgres:18')
    return (await import('./containers.ts')).postgresContainer()
  }
  const server = await startOwnPostgres({ log: say })
  say(`PostgreSQL for tests: ${withoutPassword(server.url)} (started here, no Docker engine answers)`)
  return server
}

/** NATS for a whole test run: `NATS_URL`, else a container, else a server of our own. Says which. */
export async function startSharedNats(): Promise<SharedServer> {
  const { NATS_URL } = process.env
  if (NATS_URL) {
    say(`NATS for tests: ${withoutPassword(NATS_URL)} (NATS_URL)`)
    return { url: NATS_URL, [Symbol.asyncDispose]: nothingToStop }
  }
  if (await dockerAnswers()) {
    say('NATS for tests: a container of nats:2')
    return (await import('./containers.ts')).natsContainer()
  }
  const server = await startOwnNats({ log: say })
  say(`NATS for tests: ${server.url} (started here, no Docker engine answers)`)
  return server
}

const withoutPassword = (url: string): string => url.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1@')
