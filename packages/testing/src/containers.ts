import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers'

/** A server that somebody else made, or that we stop by disposing of it. */
export type SharedServer = AsyncDisposable & { readonly url: string }

const password = 'slipway'

/** Same order of texts and same settings as a server started by `@slipway/servers`. */
export async function postgresContainer(): Promise<SharedServer> {
  const container = await new GenericContainer('postgres:18')
    .withEnvironment({
      POSTGRES_USER: 'slipway',
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: 'postgres',
      POSTGRES_INITDB_ARGS: '--encoding=UTF8 --locale=C.UTF-8',
    })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'timezone=UTC'])
    .withExposedPorts(5432)
    // The first time is the server that sets the database up.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .start()
  return shared(container, 5432, address => `postgres://slipway:${password}@${address}/postgres`)
}

export async function natsContainer(): Promise<SharedServer> {
  const container = await new GenericContainer('nats:2')
    .withCommand(['-js'])
    .withExposedPorts(4222)
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start()
  return shared(container, 4222, address => `nats://${address}`)
}

function shared(container: StartedTestContainer, port: number, urlOf: (address: string) => string): SharedServer {
  return {
    url: urlOf(`${container.getHost()}:${container.getMappedPort(port)}`),
    [Symbol.asyncDispose]: async () => {
      await container.stop()
    },
  }
}
