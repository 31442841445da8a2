import { describe, onTestFinished, test, vi } from 'vitest'
import { appendEvents, startRelay, startWorker } from '../src/mod.ts'
import { eventually, log, testStore } from './open-test-store.ts'

const hour = 3_600_000

/** Somebody sets the clock of the machine, again and again, so that it happens in every pause. */
function setClockBack(): void {
  const right = Date.now
  let times = 1
  const setting = setInterval(() => {
    times += 1
  }, 20)
  vi.spyOn(Date, 'now').mockImplementation(() => right.call(Date) - times * hour)
  onTestFinished(() => {
    clearInterval(setting)
    vi.restoreAllMocks()
  })
}

describe('while the clock of the machine is set back', () => {
  test('a worker that waits after a failure looks again when the pause is over', async () => {
    let looks = 0
    const worker = startWorker({
      name: 'jobs',
      async take() {
        looks += 1
        throw new Error('no connection')
      },
      handle: async () => {},
      concurrency: 1,
      pollMs: hour,
      log,
    })
    onTestFinished(() => worker.stop())
    await eventually(() => looks === 2)
    setClockBack()
    await eventually(() => looks >= 4)
  })

  test('a relay whose broker is away goes on when it is back', async () => {
    const store = await testStore()
    let tries = 0
    let isAway = true
    const sent: string[] = []
    const relay = startRelay({
      store,
      source: '/slipway/test',
      async publish({ id }) {
        tries += 1
        if (isAway) throw new Error('the broker is away')
        sent.push(id)
      },
      log,
      pollMs: 20,
    })
    onTestFinished(() => relay.stop())
    const event = { noun: 'thing', verb: 'changed', aggregate: 'a', sequence: 1, actor: 'tester', data: {} }
    await store.transaction(tx => appendEvents(tx, [event]))
    await eventually(() => tries >= 2)
    setClockBack()
    await eventually(() => tries >= 4)
    isAway = false
    await eventually(() => sent.length === 1)
  })
})
