import { type Platform, startPlatform } from '@slipway/local'
import { eventually, type TemporaryFolder, temporaryFolder } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'

const token = 'rolling-administrator-token'
const callers = 16

let folder: TemporaryFolder
let platform: Platform

beforeAll(async () => {
  folder = await temporaryFolder()
  platform = await startPlatform({
    dataDir: folder.path,
    port: 0,
    quiet: true,
    durable: false,
    replicas: { coordinator: 2 },
    adminToken: token,
    env: { gateway: { SLIPWAY_ANONYMOUS_RATE_LIMIT: '0' } },
  })
})
afterAll(async () => {
  await platform?.stop()
  await folder?.[Symbol.asyncDispose]()
})

type Load = { readonly done: () => number; stop(): Promise<readonly string[]> }

/** Reads and writes as fast as answers come, until it is stopped; then says what failed. */
function load(): Load {
  const failures: string[] = []
  let done = 0
  let on = true
  const caller = async (index: number): Promise<void> => {
    while (on) {
      const write = (done + index) % 4 === 0
      try {
        const response = await fetch(`${platform.url}/events${write ? '' : '?limit=1'}`, {
          method: write ? 'POST' : 'GET',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(write && { body: JSON.stringify({ message: `call ${done}` }) }),
        })
        const text = await response.text()
        if (!response.ok) failures.push(`${response.status} ${text}`)
      } catch (error) {
        failures.push(String(error))
      }
      done += 1
    }
  }
  const running = Promise.all(Array.from({ length: callers }, (_, index) => caller(index)))
  return {
    done: () => done,
    async stop() {
      on = false
      await running
      return failures
    },
  }
}

it('restarting both replicas of the coordinator, one after the other, under load fails no request', async () => {
  const underLoad = load()
  const goOn = async () => {
    const from = underLoad.done()
    await eventually(() => underLoad.done() > from + 300)
  }
  for (const coordinator of platform.processes.filter(process => process.service === 'coordinator')) {
    await goOn()
    await coordinator.restart()
  }
  await goOn()
  expect(await underLoad.stop()).toEqual([])
}, 300_000)
