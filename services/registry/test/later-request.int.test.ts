import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { taskServiceOperations as operations, taskServiceEvents } from '@slipway/contracts'
import { scriptedTaskService } from '@slipway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { as, type RunningRegistry, startRegistry } from './start-registry.ts'

let registry: RunningRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry?.[Symbol.asyncDispose]())

/** A task service whose status page waits to be let go. */
async function waitingService() {
  const asked = Promise.withResolvers<void>()
  const going = Promise.withResolvers<void>()
  const server = createServer(async (_request, response) => {
    asked.resolve()
    await going.promise
    response.setHeader('content-type', 'application/json').end('{"name":"waiting"}')
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked: asked.promise,
    letGo: () => going.resolve(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

test('of two changes at the same time the later request counts, whichever status page answers first', async () => {
  await using first = await scriptedTaskService()
  await using slow = await waitingService()
  await using quick = await scriptedTaskService()
  for (const service of [first, quick]) service.on('status', { body: { name: 'etl' } })
  const body = { name: 'etl', description: 'Loads the data', author: 'ada', url: first.url }
  const { kf_id } = await registry.bus.call(operations.create, { body }, as('ada'))
  const change = (given: object) => registry.bus.call(operations.update, { kf_id, body: given }, as('ada'))

  const earlier = change({ url: slow.url, name: 'earlier', author: 'earlier' })
  await slow.asked
  expect(await change({ url: quick.url, name: 'later' })).toMatchObject({
    url: quick.url,
    name: 'later',
    author: 'ada',
  })
  slow.letGo()
  // What nobody else has given counts, and the answer shows what it has come to.
  const after = { url: quick.url, name: 'later', author: 'earlier' }
  expect(await earlier).toMatchObject(after)
  expect(await registry.bus.call(operations.get, { kf_id }, as('nobody'))).toMatchObject(after)
  const told = await registry.store.read<{ data: object }>({
    name: 'test.told',
    text: `select data from platform.outbox where noun = 'task-service' and verb = 'updated' order by sequence`,
  })
  expect(told.map(({ data }) => taskServiceEvents.updated.data.parse(data).url)).toEqual([quick.url, quick.url])

  expect(await change({ url: first.url, name: 'last' })).toMatchObject({ url: first.url, name: 'last' })
})
