import { releaseOperations } from '@slipway/contracts'
import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterEach, expect, it } from 'vitest'
import { as, type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

const patience = { timeoutMs: 40_000 }
const close: (() => PromiseLike<void>)[] = []
afterEach(async () => {
  for (const one of close.splice(0).toReversed()) await one()
})

async function canceled(
  env: NodeJS.ProcessEnv,
  before: (service: ScriptedTaskService) => Promise<void> | void,
): Promise<{ coordinator: RunningCoordinator; service: ScriptedTaskService; release: string }> {
  const coordinator = await startCoordinator({ REQUEST_TIMEOUT: '1', ...env })
  close.push(() => coordinator[Symbol.asyncDispose]())
  const service = await scriptedTaskService({ finishes: false })
  close.push(() => service[Symbol.asyncDispose]())
  await coordinator.register(service.url)
  const { kf_id: release } = await coordinator.startRelease()
  await eventually(async () => (await coordinator.release(release)).tasks[0]?.state === 'running')
  await before(service)
  await coordinator.bus.call(releaseOperations.cancel, { kf_id: release }, as('admin'))
  await coordinator.reaches(release, 'canceled')
  return { coordinator, service, release }
}

const unfinished = async ({ store }: RunningCoordinator): Promise<number> => {
  const text = 'select count(*)::integer as count from command where finished_at is null'
  const [row] = await store.read<{ count: number }>({ name: 'unfinished', text })
  return row?.count ?? 0
}
const keysOf = (service: ScriptedTaskService) =>
  service.received('cancel').map(({ headers }) => headers['idempotency-key'])

it('a cancel that found nobody is told when the task service is back, also by a coordinator that was away', async () => {
  const { coordinator, service, release } = await canceled({}, service => service.refuse())
  await coordinator.stopReplicas()
  await service.accept()
  await coordinator.replica()
  await eventually(async () => {
    expect(service.received('cancel')).toHaveLength(1)
    expect(await unfinished(coordinator)).toBe(0)
  }, patience)
  expect((await coordinator.release(release)).tasks).toMatchObject([{ state: 'canceled' }])
})

it.each([
  ['silence', { fault: 'silent' }],
  ['a proxy that finds nobody', { status: 503 }],
] as const)(
  'after %s it is repeated under the same key until there is an answer, whatever it says',
  async (_what, step) => {
    const { coordinator, service, release } = await canceled({ COMMAND_TRIES: '1' }, ({ on }) =>
      on('cancel', step, step, { status: 404 }),
    )
    const before = await coordinator.release(release)
    await eventually(async () => expect(await unfinished(coordinator)).toBe(0), patience)
    expect(keysOf(service)).toHaveLength(3)
    expect(new Set(keysOf(service)).size).toBe(1)
    expect(await coordinator.release(release)).toEqual(before)
  },
)

it('it is given up after the time that is set for it', async () => {
  const { coordinator, service } = await canceled({ COMMAND_TRIES: '1', CANCEL_RETRY_DAYS: '0' }, ({ on }) =>
    on('cancel', { status: 503 }),
  )
  await eventually(async () => expect(await unfinished(coordinator)).toBe(0), patience)
  expect(service.received('cancel')).toHaveLength(1)
})

it('it is given up when the task service is deleted', async () => {
  const { coordinator } = await canceled({ COMMAND_TRIES: '1' }, ({ on }) => on('cancel', { status: 503 }))
  await coordinator.remove(coordinator.services[0] as (typeof coordinator.services)[number])
  await eventually(async () => expect(await unfinished(coordinator)).toBe(0), patience)
})
