import { type Bus, type CallOptions, connectBus } from '@slipway/bus'
import {
  identityOperations,
  inputSchema,
  isForServices,
  type JsonSchema,
  type Operation,
  operations,
  type ServiceName,
  sample,
  serviceNames,
} from '@slipway/contracts'
import type { Platform } from '@slipway/local'
import { captureLog } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testerUrl } from '../support/nats-tester.ts'
import { startTestPlatform } from '../support/start-test-platform.ts'

const adminToken = 'services-only-administrator-token'

let platform: Platform
/** As on a broker without users: it lets everybody ask for everything. */
let bus: Bus
beforeAll(async () => {
  platform = await startTestPlatform({ adminToken })
  bus = await connectBus({ servers: testerUrl(platform), name: 'program', version: '1.0.0', log: captureLog().log })
})
afterAll(async () => {
  await bus?.close()
  await platform?.[Symbol.asyncDispose]()
})

const forServices = operations.filter(({ audience }) => audience !== null && isForServices(audience))
const nameOf = ({ service, noun, verb }: Operation) => `${service}.${noun}.${verb}`

/** How a call of the operation with right input is answered. */
async function verdict(operation: Operation, options: CallOptions): Promise<string> {
  const schema = inputSchema(operation)
  const input = sample(schema, (schema.$defs ?? {}) as Record<string, JsonSchema>) as never
  const answer =
    operation.flow === 'streamed-answer'
      ? bus.openStream(operation, input, options).then(stream => stream.cancel())
      : bus.request(operation, input, options)
  return answer.then(
    () => 'answered',
    error => error.code,
  )
}
const verdicts = async (options: CallOptions) =>
  Object.fromEntries(
    await Promise.all(
      forServices.map(async operation => [nameOf(operation), await verdict(operation, options)] as const),
    ),
  )
const all = (code: string) => Object.fromEntries(forServices.map(operation => [nameOf(operation), code]))

const tokenOf = async (service: ServiceName) => (await bus.call(identityOperations.service, { service })).identity_token

async function administrator(): Promise<string> {
  const { identity_token } = await bus.call(identityOperations.exchange, { token: adminToken })
  return identity_token
}

it('is known what is for services only', () => {
  expect(forServices.map(nameOf).sort()).toEqual(
    [
      'catalog.account.note',
      'catalog.download.authorize',
      'catalog.download.record',
      'coordinator.scheduled-release.create',
      'exporter.release-file.read',
      'gateway.identity.activation',
      'gateway.identity.check',
      'gateway.identity.login',
      ...serviceNames.flatMap(service => [`${service}.consumer.catch-up`, `${service}.outbox.recorded`]),
    ].sort(),
  )
})

it('is answered to nobody who is no service, whoever that is, and whatever the broker lets through', async () => {
  const identity = await administrator()
  expect(await verdicts({})).toEqual(all('unauthenticated'))
  expect(await verdicts({ identity })).toEqual(all('forbidden'))
  expect(await verdicts({ identity, service: identity })).toEqual(all('forbidden'))
  expect(await verdicts({ identity: await tokenOf('coordinator') })).toEqual(all('forbidden'))
  expect(await verdicts({ service: 'no.token.atall' })).toEqual(all('unauthenticated'))
})

it.each(serviceNames)('is answered to %s where its declaration says so', async service => {
  const got = await verdicts({ service: await tokenOf(service) })
  for (const operation of forServices) {
    const { audience } = operation
    const isIts = audience?.of === 'service' && audience.services.includes(service)
    if (isIts) expect([nameOf(operation), got[nameOf(operation)]]).not.toContain('forbidden')
    else expect([nameOf(operation), got[nameOf(operation)]]).toEqual([nameOf(operation), 'forbidden'])
  }
})
