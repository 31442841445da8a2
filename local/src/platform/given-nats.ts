import { connect } from '@nats-io/transport-node'
import { parseServerList } from '@slipway/bus'
import { failure } from '@slipway/contracts'

const patienceMs = 5_000

/**
 * Looks whether somebody answers at the NATS servers that were given, one or several with commas between them: services
 * would wait for them without end. Fails with `unavailable` in one line.
 */
export async function checkGivenNats(urls: string): Promise<void> {
  try {
    const { servers, credentials, tls } = parseServerList(urls)
    const connection = await connect({
      servers: [...servers],
      ...credentials,
      ...(tls && { tls: {} }),
      timeout: patienceMs,
      reconnect: false,
      name: 'slipway launcher',
    })
    await connection.close()
  } catch (error) {
    const places = urls.split(',').map(withoutCredentials).join(', ')
    const why = (error as Error).message.split('\n')[0]
    throw failure('unavailable', `NATS_URL: no NATS server can be used at ${places}: ${why}`, { cause: error })
  }
}

const withoutCredentials = (url: string): string => url.replace(/^(\w+:\/\/)?.*@/, '$1')
