import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { finishCommand, postponeCommand, subjectOf, takeAim, takeCommands } from '../src/command/command.store.ts'
import { endExchange, keepExchanges } from '../src/exchange/exchange.store.ts'
import { type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

let coordinator: RunningCoordinator
const services: ScriptedTaskService[] = []

beforeAll(async () => {
  coordinator = await startCoordinator({ REQUEST_TIMEOUT: '20' })
})
afterAll(() => coordinator?.[Symbol.asyncDispose]())
afterEach(async () => {
  for (const service of [...coordinator.services]) await coordinator.remove(service)
  await Promise.all(services.splice(0).map(service => service[Symbol.asyncDispose]()))
})

async function participant(): Promise<ScriptedTaskService> {
  const service = await scriptedTaskService({ finishes: false })
  services.push(service)
  await coordinator.register(service.url)
  return service
}

/** What another process does when it finds a lease that has run out; its own runs out after so many seconds. */
async function takeOver(release: string, seconds: number): Promise<void> {
  const { db } = coordinator.store
  await sql`
    with taken as (
      update exchange set lease = gen_random_uuid(), leased_until = clock_timestamp() + make_interval(secs => ${seconds})
      where subject = ${release} or subject in (select kf_id from task where release = ${release})
      returning subject, lease, leased_until
    )
    update command c set lease = taken.lease, leased_until = taken.leased_until
    from taken where coalesce(c.task, c.release) = taken.subject and c.finished_at is null`.execute(db)
}

describe('a process that was stopped for a while', () => {
  it('finds that its answer does not count any more, when another one has taken over', async () => {
    const service = await participant()
    service.on('start', { status: 400, delayMs: 300 }, {})
    const { kf_id } = await coordinator.startRelease()
    await eventually(() => service.received('start').length === 1)
    await takeOver(kf_id, 1.5)
    // The other one dies, too; the third asks again, and this time the service accepts.
    await eventually(async () => (await coordinator.release(kf_id)).tasks[0]?.state === 'running')
    expect(service.received('start')).toHaveLength(2)
    expect((await coordinator.release(kf_id)).state).toBe('running')
  })

  it('does not lose a task by a poll that another one has made meanwhile', async () => {
    const service = await participant()
    service.on('get_status', { status: 404, delayMs: 300 }, {})
    const { kf_id } = await coordinator.startRelease()
    await eventually(() => service.received('get_status').length === 1)
    await takeOver(kf_id, 0)
    await eventually(() => service.received('get_status').length >= 3)
    expect((await coordinator.release(kf_id)).tasks[0]?.state).toBe('running')
  })
})

describe('commands that nobody carries out', () => {
  let quiet: RunningCoordinator
  beforeAll(async () => {
    quiet = await startCoordinator()
    await quiet.stopReplicas()
    await quiet.addStudies('SD_AAAAAAAA')
  })
  afterAll(() => quiet?.[Symbol.asyncDispose]())
  afterEach(async () => {
    await sql`truncate release, task, command, exchange cascade`.execute(quiet.store.db)
  })

  let patch = 0
  /** A release whose tasks wait for their service to be asked. */
  async function commands(count: number, states = { release: 'initializing', task: 'waiting' } as const) {
    const { db } = quiet.store
    patch += 1
    await sql`
      insert into release (kf_id, name, description, author, tags, is_major, state, major, minor, patch)
      values ('RE_AAAAAAAA', 'a', '', 'a', '{}', false, ${states.release}, 0, 0, ${patch})`.execute(db)
    for (let index = 0; index < count; index += 1) {
      const task = `TA_0000000${index}`
      await sql`insert into task (kf_id, release, state) values (${task}, 'RE_AAAAAAAA', ${states.task})`.execute(db)
      await sql`insert into command (release, task, action) values ('RE_AAAAAAAA', ${task}, 'initialize')`.execute(db)
    }
  }
  const take = () => takeCommands(quiet.store, 100)
  const runOut = () =>
    sql`with c as (update command set leased_until = clock_timestamp() - interval '1 s' where lease is not null)
      update exchange set leased_until = clock_timestamp() - interval '1 s'`.execute(quiet.store.db)

  it('are taken one at a time of each task, however many take at once', async () => {
    await commands(3)
    await sql`insert into command (release, task, action) select release, task, 'cancel' from command`.execute(
      quiet.store.db,
    )
    const taken = (await Promise.all(Array.from({ length: 8 }, take))).flat()
    expect(taken.map(({ task }) => task).sort()).toEqual(['TA_00000000', 'TA_00000001', 'TA_00000002'])
    expect(new Set(taken.map(({ action }) => action))).toEqual(new Set(['initialize']))
    const [first] = taken
    if (!first) throw new Error('nothing was taken')
    expect(await finishCommand(quiet.store, first)).toEqual({ waited: true })
    expect(await take()).toMatchObject([{ task: first.task, action: 'cancel' }])
  })

  it('belong to who took them last, for every way of settling', async () => {
    await commands(1)
    const [late] = await take()
    await runOut()
    const [holder] = await take()
    if (!late || !holder) throw new Error('nothing was taken')
    const { store } = quiet
    expect(holder.id).toBe(late.id)
    expect(await takeAim(store, late)).toBeUndefined()
    expect(await finishCommand(store, late)).toBeUndefined()
    const again = { error: 'late', seconds: 0, counts: true, undelivered: false }
    expect(await postponeCommand(store, late, again)).toBeUndefined()
    const exchangeOf = (command: typeof late) => ({ subject: subjectOf(command), lease: command.lease })
    expect(await endExchange(store, exchangeOf(late))).toBeUndefined()
    expect(await keepExchanges(store, [exchangeOf(late)], [late.id], 5)).toMatchObject([{ standing: 'lost' }])
    expect(await keepExchanges(store, [exchangeOf(holder)], [holder.id], 5)).toMatchObject([{ standing: null }])
    expect(await takeAim(store, holder)).toMatchObject({ release_state: 'initializing', unsettled: false })
    expect(await finishCommand(store, holder)).toEqual({ waited: false })
    expect(await finishCommand(store, holder)).toBeUndefined()
  })

  it('keep the tries of their task service when processes die, and count what was asked', async () => {
    await commands(1)
    for (let deaths = 0; deaths < 4; deaths += 1) {
      expect(await take()).toMatchObject([{ attempt: 0, deaths }])
      await runOut()
    }
    const [held] = await take()
    if (!held) throw new Error('nothing was taken')
    await postponeCommand(quiet.store, held, { error: 'lost', seconds: 0, counts: true, undelivered: false })
    const [again] = await take()
    expect(again).toMatchObject({ attempt: 1, deaths: 0 })
    if (again) {
      await postponeCommand(quiet.store, again, { error: 'stopped', seconds: 0, counts: false, undelivered: false })
    }
    expect(await take()).toMatchObject([{ attempt: 1, deaths: 0 }])
  })

  it('are renewed beside one that is being settled, without waiting for each other', async () => {
    await commands(3)
    const taken = await take()
    const exchanges = taken.map(command => ({ subject: subjectOf(command), lease: command.lease }))
    await quiet.store.transaction(async tx => {
      for (const command of taken.toReversed()) {
        expect(await finishCommand(tx, command)).toBeDefined()
        const ids = taken.map(({ id }) => id)
        expect(await keepExchanges(quiet.store, exchanges, ids, 5)).toHaveLength(3)
      }
    })
  })

  it('fail their release when they end every process that carries them out', async () => {
    await commands(1)
    await sql`update command set deaths = 20, lease = gen_random_uuid(), leased_until = clock_timestamp()`.execute(
      quiet.store.db,
    )
    await quiet.replica()
    const { tasks } = await quiet.reaches('RE_AAAAAAAA', 'failed')
    expect(tasks[0]?.state).toBe('rejected')
    const reason = sql<string>`fault->>'reason'`.as('reason')
    const row = await quiet.store.db.selectFrom('task').select(reason).executeTakeFirst()
    expect(row?.reason).toBe('21 processes of the platform ended while they carried it out')
    await quiet.stopReplicas()
  })
})
