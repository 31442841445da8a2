import type { ServiceName } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { expect, test } from 'vitest'
import { stopInOrder, stopTimes } from './stop-in-order.ts'

/** Processes that note when they are asked to stop and stop when told to. */
function processes(...services: ServiceName[]) {
  const asked: string[] = []
  const timeouts: number[] = []
  const ends = new Map(services.map(service => [service, Promise.withResolvers<void>()]))
  const list = services.map(service => ({
    service,
    stop(timeoutMs = 0) {
      asked.push(service)
      timeouts.push(timeoutMs)
      return ends.get(service)?.promise ?? Promise.resolve()
    },
  }))
  return { list, asked, timeouts, end: (service: ServiceName) => ends.get(service)?.resolve() }
}

test('the gateway ends before the others are asked, all at once', async () => {
  const { list, asked, end } = processes('registry', 'coordinator', 'gateway')
  const stopped = stopInOrder(list)
  expect(asked).toEqual(['gateway'])
  end('gateway')
  await Promise.resolve()
  await eventually(() => expect(asked).toEqual(['gateway', 'registry', 'coordinator']))
  end('registry')
  end('coordinator')
  await stopped
})

test('a gateway that hangs does not keep the others, which get what is left of the time', async () => {
  const { list, asked, timeouts, end } = processes('gateway', 'catalog')
  const stopped = stopInOrder(list, { headStartMs: 50, killAfterMs: 10_000 })
  await eventually(() => expect(asked).toEqual(['gateway', 'catalog']))
  expect(timeouts[0]).toBe(10_000)
  expect(timeouts[1]).toBeLessThanOrEqual(9_960)
  end('catalog')
  end('gateway')
  await stopped
})

test('services leave time to the servers, however long they take', async () => {
  const { list, timeouts, end } = processes('gateway')
  const stopped = stopInOrder(list)
  end('gateway')
  await stopped
  expect(timeouts).toEqual([stopTimes.servicesMs])
  expect(stopTimes.allMs - stopTimes.servicesMs).toBeGreaterThanOrEqual(4_000)
})
