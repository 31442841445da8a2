import { eventually } from '@slipway/testing'
import { expect, test } from 'vitest'
import { api } from './support/api.ts'
import type { TaskService } from './support/resources.ts'
import { type Participant, participant } from './support/saga.ts'

const { anonymous } = api
const read = async ({ id }: Participant) => (await anonymous.get<TaskService>(`/task-services/${id}`)).body

test.concurrent('a service that is away is counted, then called down, and ok as soon as it is back', async () => {
  await using service = await participant(api)
  expect(await read(service)).toMatchObject({ health_status: 'ok', last_ok_status: 0 })
  await service.refuse()
  const seen = new Map<number, string>()
  await eventually(async () => {
    const { last_ok_status, health_status } = await read(service)
    seen.set(last_ok_status, health_status)
    return last_ok_status > 5
  })
  for (const [failures, status] of seen) expect([failures, status]).toEqual([failures, failures > 3 ? 'down' : 'ok'])
  // How many failures there are at each look depends on the machine.
  expect([...seen.values()]).toContain('down')
  await service.accept()
  await eventually(async () => (await read(service)).last_ok_status === 0)
  expect((await read(service)).health_status).toBe('ok')
})

test.concurrent.each([
  ['an answer below 400 is good', { status: 304, body: '' }, true],
  ['also without a name', { body: {} }, true],
  ['an error is not', { status: 404 }, false],
  ['nor one of the server', { status: 500 }, false],
  ['nor silence', { fault: 'silent' }, false],
] as const)('%s', async (_what, step, isGood) => {
  await using service = await participant(api)
  const before = service.received('status').length
  service.on('status', step)
  await eventually(() => service.received('status').length > before + 2)
  const { last_ok_status } = await read(service)
  if (isGood) expect(last_ok_status).toBe(0)
  else expect(last_ok_status).toBeGreaterThan(0)
})

test.concurrent('services are asked with the token, disabled or not', async () => {
  await using service = await participant(api)
  const before = service.received('status').length
  await eventually(() => service.received('status').length > before)
  expect(service.received('status').at(-1)?.headers).toMatchObject({
    authorization: expect.stringMatching(/^Bearer ./),
    'user-agent': 'ReleaseCoordinator/production (python-requests)',
  })
  expect((await read(service)).enabled).toBe(false)
})
