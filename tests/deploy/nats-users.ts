import { setImmediate } from 'node:timers/promises'
import { connect, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import { type ServiceName, serviceNames } from '@slipway/contracts'
import type { NatsServer } from '@slipway/servers'
import { startOwnNats } from '@slipway/testing'
import { deployFile } from './deploy-files.ts'

export type NatsUser = ServiceName | 'operator' | 'integration'
export const natsUsers: readonly NatsUser[] = [...serviceNames, 'operator', 'integration']

/** Quoted as docker-compose.yml quotes them: digits alone would not be read as text. */
export function passwordOf(user: NatsUser): string {
  return String(1000 + natsUsers.indexOf(user))
}

/** Starts a server with deploy/nats.conf, as it is, and a password for every user. */
export async function startDeployedNats(): Promise<NatsServer> {
  for (const user of natsUsers) process.env[`NATS_PASSWORD_${user.toUpperCase()}`] = `"${passwordOf(user)}"`
  return startOwnNats({ config: deployFile('nats.conf') })
}

export function natsUrl(server: NatsServer, user: NatsUser): string {
  return server.url.replace('nats://', `nats://${user}:${passwordOf(user)}@`)
}

export type Outcome = 'allowed' | 'refused'

/** A connection of one user that can say what the server allows. */
export type UserConnection = AsyncDisposable & {
  readonly nc: NatsConnection
  publish(subject: string, reply?: string): Promise<Outcome>
  subscribe(subject: string, queue?: string): Promise<Outcome>
}

export async function connectAs(server: NatsServer, user: NatsUser): Promise<UserConnection> {
  const nc = await connect({
    servers: `127.0.0.1:${server.port}`,
    user,
    pass: passwordOf(user),
    inboxPrefix: `_INBOX.${user}`,
    reconnect: false,
  })
  const refusedPublishes = new Set<string>()
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue
      if (status.error.operation === 'publish') refusedPublishes.add(status.error.subject)
    }
  })()

  return {
    nc,
    async publish(subject, reply) {
      refusedPublishes.delete(subject)
      nc.publish(subject, '', reply === undefined ? {} : { reply })
      // A refusal comes before the answer to the flush, but reaches the loop above a little later.
      await nc.flush()
      await setImmediate()
      return refusedPublishes.has(subject) ? 'refused' : 'allowed'
    },
    async subscribe(subject, queue) {
      let outcome: Outcome = 'allowed'
      const subscription = nc.subscribe(subject, {
        ...(queue && { queue }),
        callback(error) {
          if (error) outcome = 'refused'
        },
      })
      await nc.flush()
      subscription.unsubscribe()
      return outcome
    },
    [Symbol.asyncDispose]: () => nc.close(),
  }
}
