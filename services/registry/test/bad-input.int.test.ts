import { taskServiceOperations } from '@slipway/contracts'
import { feedBadInputs, scriptedTaskService, unfitColumns } from '@slipway/testing'
import { expect, test } from 'vitest'
import { as, startRegistry } from './start-registry.ts'

test('no value that is none breaks an operation, or is kept', async () => {
  await using registry = await startRegistry()
  await using answering = await scriptedTaskService()
  const { bus, store } = registry
  const call = as('first')
  const body = { name: 'etl', description: 'loads', author: 'ada', url: answering.url }
  const { kf_id } = await bus.call(taskServiceOperations.create, { body }, call)
  const faults = await feedBadInputs({
    bus,
    service: 'registry',
    call,
    known: ({ noun, verb }) => ({
      ...(verb !== 'delete' && noun === 'task-service' && { kf_id }),
      ...(['create', 'update', 'replace'].includes(verb) &&
        noun === 'task-service' && { body: { url: answering.url } }),
    }),
  })
  expect(faults).toEqual([])
  expect(await unfitColumns(store)).toEqual([])
})
