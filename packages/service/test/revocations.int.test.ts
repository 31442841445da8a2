import { type Bus, connectBus, type OperationHandler } from '@slipway/bus'
import { identityOperations, revokedSubject } from '@slipway/contracts'
import { captureLog, eventually, identityHandlers, identityToken, startOwnNats } from '@slipway/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createIdentify, followRevocations, type Revocations } from '../src/mod.ts'

const { log } = captureLog()
let nats: Awaited<ReturnType<typeof startOwnNats>>
let gateway: Bus
let service: Bus
let known: string[]
let fails: boolean
let asked: number
let revocations: Revocations | undefined

const connect = (name: string) => connectBus({ servers: nats.url, name, version: '1.0.0', log })

beforeEach(async () => {
  nats = await startOwnNats()
  known = []
  fails = false
  asked = 0
  revocations = undefined
  gateway = await connect('gateway')
  service = await connect('service')
  const answers: OperationHandler = {
    operation: identityOperations.revocations,
    async handle() {
      asked += 1
      if (fails) throw new Error('the database is away')
      return { body: { keys: [...known] } as never }
    },
  }
  const keys = identityHandlers.filter(({ operation }) => operation !== identityOperations.revocations)
  await gateway.serve([...keys, answers], { queue: 'gateway' })
})
afterEach(async () => {
  revocations?.stop()
  await Promise.all([gateway.close(), service.close()])
  await nats[Symbol.asyncDispose]()
})

async function tell(...keys: string[]) {
  gateway.broadcast(revokedSubject, JSON.stringify({ keys }))
  await gateway.flush()
}

it('knows what was revoked before it began, and what it is told', async () => {
  known = ['token/1/1']
  revocations = followRevocations(service, log)
  await revocations.ready()
  expect(revocations.has(['account/1/1', 'token/1/1'])).toBe(true)
  expect(revocations.has(['account/1/1'])).toBe(false)
  await tell('account/1/1')
  await eventually(() => revocations?.has(['account/1/1']) === true)
})

it('asks for what it missed while the connection was lost', async () => {
  revocations = followRevocations(service, log)
  await revocations.ready()
  await nats.kill()
  await eventually(() => !service.connected && !gateway.connected)
  known = ['token/2/1']
  await nats.restart()
  await eventually(() => revocations?.has(['token/2/1']) === true)
})

it('goes on with what it knows when the gateway cannot tell', async () => {
  known = ['token/3/1']
  revocations = followRevocations(service, log)
  await revocations.ready()
  fails = true
  const before = asked
  await nats.kill()
  await eventually(() => !service.connected && !gateway.connected)
  await nats.restart()
  await eventually(() => asked > before)
  await revocations.ready()
  expect(revocations.has(['token/3/1'])).toBe(true)
})

it('lets nobody in whose token may have been revoked before it began, until it could ask', async () => {
  fails = true
  revocations = followRevocations(service, log)
  const identify = createIdentify(service, revocations)
  const token = identityToken('ada', { revocation_keys: ['account/4/1'] })
  await expect(identify(token)).rejects.toMatchObject({ code: 'internal' })
  // That of a gateway which is older than revocations.
  expect(await identify(identityToken('bob'))).toMatchObject({ login: 'bob' })
  fails = false
  expect(await identify(token)).toMatchObject({ login: 'ada' })
  await tell('account/4/1')
  await eventually(() => revocations?.has(['account/4/1']) === true)
  await expect(identify(token)).rejects.toMatchObject({ code: 'unauthenticated' })
})
