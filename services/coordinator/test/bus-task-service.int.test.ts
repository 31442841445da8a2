import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

let running: RunningCoordinator
beforeAll(async () => {
  running = await startCoordinator({ REQUEST_TIMEOUT: '6', TASK_POLL_SECONDS: '3600' })
})
afterAll(() => running?.[Symbol.asyncDispose]())

const subject = 'task-service.mortal'
type Command = { readonly action: string; readonly task_id: string }

/** Takes part over the bus; of each action it takes the first request and does not answer it. */
async function serveMortal(taken: string[], never: Promise<void>): Promise<void> {
  await running.bus.serveRaw(`${subject}.tasks`, 'mortal', async bytes => {
    const { action, task_id } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Command
    const isFirst = !taken.includes(action)
    taken.push(action)
    if (isFirst) await never
    const state = { start: 'running', publish: 'publishing' }[action]
    return { body: { task_id, ...(state && { state }) } }
  })
}

describe('a task service on the bus', () => {
  it('is asked again while it does not answer, for whoever took the request may have died with it', async () => {
    const taken: string[] = []
    const over = Promise.withResolvers<void>()
    await serveMortal(taken, over.promise)
    await running.register(`nats://${subject}`)
    const { kf_id } = await running.startRelease()
    await eventually(async () => {
      const { state, tasks } = await running.release(kf_id)
      expect([state, ...tasks.map(task => task.state)]).toEqual(['running', 'running'])
    })
    // Before a request is repeated the service is asked how the task is; here nobody answers that the first time.
    expect(taken).toEqual(['initialize', 'get_status', 'initialize', 'start', 'get_status', 'start'])
    over.resolve()
  })
})
