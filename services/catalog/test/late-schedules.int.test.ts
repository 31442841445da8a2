import type { OperationHandler } from '@slipway/bus'
import {
  failure,
  productReleaseOperations,
  releaseTemplateOperations,
  scheduledReleaseOperations,
  scheduleOperations,
  slaOperations,
} from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { expect, test } from 'vitest'
import { as, type RunningCatalog, startCatalog } from './start-catalog.ts'

const call = as('admin')
const names = ['first', 'second', 'third'] as const

async function templates({ bus }: RunningCatalog): Promise<string[]> {
  const release = { short: 'p', version: '1', name: 'R', release_type: 'ga' }
  const { release_id } = await bus.call(productReleaseOperations.create, { body: release }, call)
  const schedules: string[] = []
  for (const name of names) {
    await bus.call(slaOperations.create, { body: { name } }, call)
    const date = new Date().toISOString().slice(0, 10)
    const { id } = await bus.call(scheduleOperations.create, { body: { release: release_id, sla: name, date } }, call)
    schedules.push(String(id))
    await bus.call(releaseTemplateOperations.put, { schedule: String(id), body: template(name) }, call)
  }
  return schedules
}
const template = (name: string) => ({ name, studies: ['SD_AAAAAAAA'] })

test('a schedule starts what its template says by then, and nothing if that is gone', async () => {
  await using running = await startCatalog({ SCHEDULED_RELEASES: 'true', SCHEDULED_RELEASES_SECONDS: '0.2' })
  const { bus } = running
  const asked: string[] = []
  let act: (name: string) => Promise<void> = async () => {
    throw failure('unavailable', 'not yet')
  }
  const create: OperationHandler = {
    operation: scheduledReleaseOperations.create,
    async handle(input) {
      const { name = '' } = (input as { readonly body: { readonly values: { readonly name?: string } } }).body.values
      await act(name)
      asked.push(name)
      return { status: 201, body: { kf_id: `RE_0000000${asked.length}` } as never }
    },
  }
  await bus.serve([create], { queue: 'coordinator' })
  const [first = '', second = ''] = await templates(running)
  let tried = false
  act = async name => {
    // A retry of one of the others may be due before all are.
    if (name !== 'first' && !tried) throw failure('unavailable', 'not yet')
    if (name !== 'first') return
    tried = true
    await bus.call(releaseTemplateOperations.delete, { schedule: second }, call)
    await bus.call(releaseTemplateOperations.put, { schedule: first, body: template('first again') }, call)
    throw failure('refused', 'The first one is wrong.')
  }
  // All at the same moment, so that one look finds them together, in the order in which they were made.
  await running.store.write({ name: 'test.due', text: 'update release_template set due_at = now()' })
  await eventually(() => asked.includes('first again') && asked.includes('third'))
  expect(asked.toSorted()).toEqual(['first again', 'third'])
  const started = await bus.call(releaseTemplateOperations.get, { schedule: first }, as('nobody'))
  expect(started).toMatchObject({ name: 'first again', state: 'started', attempts: 0, error: null })
})
