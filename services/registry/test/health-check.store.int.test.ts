import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type DueCheck,
  listHealthChecks,
  makeChecksDue,
  recordHealthCheck,
  releaseCheck,
  takeDueChecks,
} from '../src/health-check/health-check.store.ts'
import { afterCheck, judge } from '../src/health-check/health-check.ts'
import { createTaskService, deleteTaskService, updateTaskService } from '../src/task-service/task-service.store.ts'
import { byAda, fields, lockAwaited, openDatabase, sql } from './open-database.ts'

let database: Awaited<ReturnType<typeof openDatabase>>
let kf_id: string
beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  await sql(database.store, 'delete from task_service')
  kf_id = JSON.parse(await createTaskService(database.store, fields, byAda)).kf_id
})

const leaseMs = 60_000
const hour = 3_600_000
const retention = { days: 7, checks: 100 }
const good = judge({ kind: 'answer', status: 200, text: '' })
const bad = judge({ kind: 'answer', status: 500, text: '' })

const take = (everyMs = hour) => takeDueChecks(database.store, 10, leaseMs, everyMs)
const takeOne = async (everyMs?: number) => (await take(everyMs))[0] as DueCheck
const record = (due: DueCheck, verdict = good, kept = retention) =>
  recordHealthCheck(database.store, due, verdict, afterCheck(due.failures, verdict.ok), 12.4, kept)
const turns = async () =>
  (
    await sql<{ verb: string; sequence: number; actor: string; data: { last_ok_status: number } }>(
      database.store,
      `select verb, sequence, actor, data from platform.outbox where aggregate = $1 and verb in ('down', 'recovered')
       order by sequence`,
      kf_id,
    )
  ).map(({ verb, sequence, actor, data }) => [verb, sequence, actor, data.last_ok_status])
const historyOf = async (limit = 100, offset = 0) => {
  const page = await listHealthChecks(database.store, kf_id, { limit, offset })
  return { count: page?.count, results: JSON.parse(page?.results ?? '[]') as Array<Record<string, unknown>> }
}

describe('taking', () => {
  test('a new service is due at once, and taken by one', async () => {
    const taken = (await Promise.all([take(), take(), take()])).flat()
    expect(taken).toEqual([{ kf_id, url: fields.url, failures: 0, lease: expect.any(String) }])
  })

  test('no more than asked for', async () => {
    for (let more = 0; more < 4; more += 1) await createTaskService(database.store, fields, byAda)
    expect(await takeDueChecks(database.store, 3, leaseMs, hour)).toHaveLength(3)
    expect(await takeDueChecks(database.store, 3, leaseMs, hour)).toHaveLength(2)
  })

  test('the next check is due after the interval, not while this one runs', async () => {
    const first = await takeOne(0)
    expect(await take()).toEqual([])
    await record(first)
    const second = await takeOne(hour)
    await record(second)
    expect(await take()).toEqual([])
  })

  test('a lease that ran out is taken over, and what its holder found counts no more', async () => {
    const [lost] = await takeDueChecks(database.store, 10, 0, 0)
    const second = await takeOne()
    expect(second.kf_id).toBe(kf_id)
    expect(await record(lost as DueCheck, bad)).toBe(false)
    expect(await record(second)).toBe(true)
    expect((await historyOf()).results).toMatchObject([{ ok: true }])
  })

  test('a check that is given back is due again', async () => {
    await releaseCheck(database.store, await takeOne())
    expect(await take()).toHaveLength(1)
  })

  test('a disabled service is checked, too', async () => {
    await updateTaskService(database.store, kf_id, { enabled: false }, { ...byAda, turn: 1 })
    expect(await take()).toHaveLength(1)
  })
})

describe('asking for checks', () => {
  test('makes all of them due', async () => {
    await record(await takeOne())
    expect(await take()).toEqual([])
    await makeChecksDue(database.store, undefined, '{}')
    expect(await take()).toHaveLength(1)
  })

  test('while one runs makes another follow it', async () => {
    const running = await takeOne()
    await makeChecksDue(database.store, undefined, '{}')
    expect(await take()).toEqual([])
    await record(running)
    expect(await take()).toHaveLength(1)
  })

  test('many at the same time is no trouble', async () => {
    for (let more = 0; more < 20; more += 1) await createTaskService(database.store, fields, byAda)
    const [first, ...others] = await take()
    await Promise.all([
      ...Array.from({ length: 10 }, () => makeChecksDue(database.store, undefined, '{}')),
      ...[first, ...others].map(due => record(due as DueCheck)),
    ])
    expect(await takeDueChecks(database.store, 100, leaseMs, hour)).toHaveLength(21)
  })
})

describe('recording', () => {
  test('the fourth failure in a row takes the service down, the first success brings it back, each told once', async () => {
    const seen: unknown[] = []
    for (const verdict of [bad, bad, good, bad, bad, bad, bad, bad, good, good]) {
      await record(await takeOne(0), verdict)
      const [row] = await sql<{ last_ok_status: number }>(database.store, 'select last_ok_status from task_service')
      seen.push(row?.last_ok_status)
    }
    expect(seen).toEqual([1, 2, 0, 1, 2, 3, 4, 5, 0, 0])
    expect(await turns()).toEqual([
      ['down', 2, 'system', 4],
      ['recovered', 3, 'system', 0],
    ])
  })

  test('every check is in the history, newest first', async () => {
    for (const verdict of [good, bad, good]) await record(await takeOne(0), verdict)
    const { count, results } = await historyOf(2)
    expect(count).toBe(3)
    expect(results).toEqual([
      {
        checked_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{6})?Z$/),
        ok: true,
        duration_ms: 12,
        detail: null,
      },
      { checked_at: expect.any(String), ok: false, duration_ms: 12, detail: 'answered with status 500' },
    ])
    expect((await historyOf(2, 2)).results).toHaveLength(1)
  })

  test('the check of a url that was changed meanwhile does not count; the new url is checked at once', async () => {
    const old = await takeOne()
    await updateTaskService(database.store, kf_id, { url: 'http://moved' }, { ...byAda, turn: 1 })
    const fresh = await takeOne()
    expect(fresh.url).toBe('http://moved')
    expect(await record(old, bad)).toBe(false)
    expect(await record(fresh)).toBe(true)
    expect((await historyOf()).count).toBe(1)
  })

  test('other changes leave a running check alone', async () => {
    const due = await takeOne()
    await updateTaskService(database.store, kf_id, { name: 'other', url: fields.url }, { ...byAda, turn: 1 })
    expect(await take()).toEqual([])
    expect(await record(due)).toBe(true)
  })

  test('waits for a change under way and does not undo it', async () => {
    const due = await takeOne()
    let recorded: Promise<boolean> | undefined
    await database.store.transaction(async tx => {
      await tx.query({ name: 'test.rename', text: `update task_service set name = 'moved', seq = 2` })
      recorded = record({ ...due, failures: 3 }, bad)
      await lockAwaited(database.store)
    })
    expect(await recorded).toBe(true)
    expect(await sql(database.store, 'select name, last_ok_status, seq, check_count from task_service')).toEqual([
      { name: 'moved', last_ok_status: 4, seq: 3, check_count: 1 },
    ])
    expect(await turns()).toEqual([['down', 3, 'system', 4]])
  })

  test('the check of a deleted service leaves nothing', async () => {
    await record(await takeOne(0))
    const due = await takeOne()
    await deleteTaskService(database.store, kf_id, byAda)
    expect(await record(due)).toBe(false)
    expect(await sql(database.store, 'select from health_check')).toEqual([])
    expect(await listHealthChecks(database.store, kf_id, { limit: 1, offset: 0 })).toBeUndefined()
  })
})

describe('the history', () => {
  test('keeps the newest results only', async () => {
    for (let check = 0; check < 6; check += 1)
      await record(await takeOne(0), check < 4 ? bad : good, { days: 7, checks: 3 })
    const { count, results } = await historyOf()
    expect(count).toBe(3)
    expect(results.map(({ ok }) => ok)).toEqual([true, true, false])
  })

  test('forgets what is too old', async () => {
    for (let check = 0; check < 4; check += 1) await record(await takeOne(0))
    await sql(
      database.store,
      `update health_check set checked_at = checked_at - interval '8 days'
       where id in (select id from health_check order by id limit 3)`,
    )
    await record(await takeOne(0))
    expect((await historyOf()).count).toBe(2)
    expect((await historyOf()).results).toHaveLength(2)
  })

  test('shrinks step by step when less is to be kept, and stays counted', async () => {
    for (let check = 0; check < 40; check += 1) await record(await takeOne(0))
    const lengths: unknown[] = []
    for (let check = 0; check < 4; check += 1) {
      await record(await takeOne(0), good, { days: 7, checks: 2 })
      const { count, results } = await historyOf()
      expect(results).toHaveLength(count as number)
      lengths.push(count)
    }
    expect(lengths).toEqual([21, 2, 2, 2])
  })
})
