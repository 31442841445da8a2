import { type CallOptions, handler } from '@slipway/bus'
import { failure, type InputOf, serviceOperations, taskServiceOperations } from '@slipway/contracts'
import { type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { as, type RunningRegistry, startRegistry } from './start-registry.ts'

const { create, replace, update, delete: remove } = taskServiceOperations
const { catchUp } = serviceOperations('coordinator')

let registry: RunningRegistry
let program: ScriptedTaskService
/** What the coordinator was asked to catch up with. */
let asked: InputOf<typeof catchUp>[]
let fails = false

beforeAll(async () => {
  program = await scriptedTaskService()
  registry = await startRegistry({ ALLOW_INTERNAL_ADDRESSES: 'true' })
  const coordinator = handler(catchUp, async input => {
    asked.push(input)
    if (fails) throw failure('unavailable', 'The database is away.')
    return {}
  })
  await registry.bus.serve([coordinator], { queue: 'coordinator' })
})
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await program?.[Symbol.asyncDispose]()
})
beforeEach(() => {
  asked = []
  fails = false
})

const fields = () => ({ name: 'a service', description: 'does its part', author: 'ada', url: program.url })
const made = async (more: CallOptions = {}) => registry.bus.call(create, { body: fields() }, as('ada', more))
const about = (kf_id: string) => ({
  consumer: 'coordinator-task-services',
  source: 'registry',
  noun: 'task-service',
  aggregate: kf_id,
})

describe('the coordinator', () => {
  it('is told of each write of a task service before that is answered', async () => {
    const { kf_id } = await made()
    expect(asked).toEqual([about(kf_id)])
    await registry.bus.call(replace, { kf_id, body: { ...fields(), name: 'another' } }, as('ada'))
    expect(asked).toHaveLength(2)
    await registry.bus.call(update, { kf_id, body: { name: 'a third' } }, as('ada'))
    expect(asked).toHaveLength(3)
    await registry.bus.call(remove, { kf_id }, as('ada'))
    expect(asked).toEqual(Array(4).fill(about(kf_id)))
  })

  it('is told again when a write is repeated, whose answer was lost', async () => {
    const { kf_id } = await made()
    const again = as('ada', { commandId: 'rename-once' })
    for (let time = 1; time <= 2; time += 1) {
      await registry.bus.call(update, { kf_id, body: { name: 'once' } }, again)
      expect(asked).toHaveLength(1 + time)
    }
  })

  it('is told nothing of a write that is refused', async () => {
    await expect(registry.bus.call(create, { body: fields() }, as('nobody'))).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    await expect(registry.bus.call(remove, { kf_id: 'TS_00000000' }, as('ada'))).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(asked).toEqual([])
  })

  it('fails no write', async () => {
    fails = true
    const { kf_id, name } = await made()
    expect(name).toBe('a service')
    const renamed = await registry.bus.call(update, { kf_id, body: { name: 'renamed' } }, as('ada'))
    expect(renamed.name).toBe('renamed')
    await registry.bus.call(remove, { kf_id }, as('ada'))
    expect(asked).toHaveLength(3)
  })
})
