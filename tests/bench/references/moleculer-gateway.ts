import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ServiceBroker } from 'moleculer'
import ApiGateway from 'moleculer-web'
import { answerParent } from '../ground/child.ts'

/** Moleculer's own gateway in front of the service, which it waits for. */
async function start({ natsUrl }: { natsUrl: string }): Promise<{ url: string }> {
  const broker = new ServiceBroker({
    nodeID: 'gateway',
    transporter: { type: 'NATS', options: { url: natsUrl } },
    logger: false,
  })
  const service = broker.createService({
    name: 'api',
    mixins: [ApiGateway],
    settings: {
      port: 0,
      ip: '127.0.0.1',
      routes: [
        {
          path: '/',
          aliases: { 'GET releases/:id': 'releases.get', 'GET tuned-releases/:id': 'releases.getTuned' },
          onBeforeCall(_ctx: unknown, _route: unknown, request: { $params: object; headers: { host: string } }) {
            request.$params = { ...request.$params, base: `http://${request.headers.host}` }
          },
        },
      ],
    },
  })
  await broker.start()
  await broker.waitForServices('releases', 10_000)
  const { server } = service as unknown as { server: Server }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

answerParent(start)
