import { failure } from '@slipway/contracts'
import { describe, expect, test } from 'vitest'
import {
  discardDeadLetter,
  findCommand,
  isRememberedCommand,
  listDeadLetters,
  once,
  recordDeadLetter,
  rememberCommand,
  replayDeadLetter,
  type Store,
  showDeadLetter,
} from '../src/mod.ts'
import { eventually, testStore } from './open-test-store.ts'

describe('once', () => {
  test('of ten deliveries at a time one takes effect, also when the first ones fail', async () => {
    const store = await testStore({ poolSize: 10 })
    let failures = 2
    let effects = 0
    const deliver = () =>
      store.transaction(async tx => {
        if (!(await once(tx, 'consumer', 'event'))) return 'known'
        if (failures-- > 0) throw new Error('no luck')
        effects++
        return 'done'
      })
    const results = await Promise.allSettled(Array.from({ length: 10 }, deliver))
    const values = results.map(result => (result.status === 'fulfilled' ? result.value : 'failed')).sort()
    expect(values).toEqual(['done', 'failed', 'failed', ...Array.from({ length: 7 }, () => 'known')])
    expect(effects).toBe(1)
    expect(await store.transaction(tx => once(tx, 'another consumer', 'event'))).toBe(true)
  })
})

describe('a remembered command', () => {
  const command = {
    id: 'admin/0815',
    fingerprint: 'abc',
    status: 201,
    headers: { location: '/things/1' },
    body: '{"id": 1}',
  }

  test('of two at a time one is done; the other finds its answer', async () => {
    const store = await testStore()
    await store.write({ name: 'test.create', text: 'create table thing (id int)' })
    const insert = { name: 'test.insert', text: 'insert into thing values (1)' }
    let entered = 0
    const run = async () => {
      try {
        await store.transaction(async tx => {
          await tx.query(insert)
          entered++
          await eventually(() => entered >= 2)
          await rememberCommand(tx, command)
        })
        return 'done'
      } catch (error) {
        if (!isRememberedCommand(error)) throw error
        return findCommand(store, command.id)
      }
    }
    expect(await findCommand(store, command.id)).toBeNull()
    const results = await Promise.all([run(), run()])
    expect(results).toContainEqual('done')
    expect(results).toContainEqual(command)
    expect(await store.read({ name: 'test.things', text: 'select count(*) from thing' })).toEqual([{ count: 1 }])
  })

  test('is told from other violations', async () => {
    const store = await testStore()
    await store.write({
      name: 'test.create',
      text: 'create table command (id int constraint command_pkey primary key)',
    })
    const insert = { name: 'test.insert', text: 'insert into command values (1)' }
    await store.write(insert)
    expect(isRememberedCommand(await store.write(insert).catch((error: unknown) => error))).toBe(false)
  })
})

describe('dead letters', () => {
  const letter = {
    consumer: 'coordinator-tasks',
    subject: 'slipway.v1.event.task.done.TA_1',
    streamSequence: 17,
    attempts: 8,
    payload: '{"id": "e1", "type": "slipway.v1.task.done"}',
    error: 'no such task',
  }
  async function dead(store: Store): Promise<number> {
    await recordDeadLetter(store, letter)
    const [found] = await listDeadLetters(store, { limit: 1 })
    return found?.id ?? 0
  }

  test('are kept once a message, readable or not', async () => {
    const store = await testStore()
    await recordDeadLetter(store, letter)
    await recordDeadLetter(store, { ...letter, attempts: 9 })
    await recordDeadLetter(store, { ...letter, streamSequence: 18, payload: 'not json \0' })
    await recordDeadLetter(store, { ...letter, streamSequence: 18, payload: 'not json \0' })
    await recordDeadLetter(store, { ...letter, payload: '{"id": "of the stream made anew"}' })
    const letters = await listDeadLetters(store, { limit: 10 })
    expect(letters.map(({ streamSequence, eventId, attempts }) => [streamSequence, eventId, attempts])).toEqual([
      [17, 'of the stream made anew', 8],
      [18, null, 8],
      [17, 'e1', 8],
    ])
    expect(letters[2]).toEqual({
      ...letter,
      id: letters[2]?.id,
      eventId: 'e1',
      state: 'dead',
      deadAt: expect.stringMatching(/Z$/),
      stateAt: expect.stringMatching(/Z$/),
      stateBy: null,
    })
  })

  test('are listed by consumer and state, page by page', async () => {
    const store = await testStore()
    for (let n = 1; n <= 5; n++) await recordDeadLetter(store, { ...letter, streamSequence: n })
    await recordDeadLetter(store, { ...letter, consumer: 'other' })
    const page = await listDeadLetters(store, { consumer: letter.consumer, limit: 2 })
    expect(page.map(found => found.streamSequence)).toEqual([5, 4])
    await discardDeadLetter(store, page[1]?.id ?? 0, 'admin')
    const rest = await listDeadLetters(store, {
      consumer: letter.consumer,
      state: 'dead',
      limit: 9,
      before: page[0]?.id ?? 0,
    })
    expect(rest.map(found => found.streamSequence)).toEqual([3, 2, 1])
  })

  test('of two replays at a time one runs; a third finds it replayed', async () => {
    const store = await testStore()
    const id = await dead(store)
    let runs = 0
    const replay = () =>
      replayDeadLetter(store, id, 'admin', async found => {
        runs++
        expect(found).toMatchObject(letter)
        await eventually(() => refused)
      })
    let refused = false
    const [first, second] = [replay(), replay()].map(result => result.catch((error: unknown) => error))
    const conflict = await Promise.race([first, second])
    expect(conflict).toMatchObject({ code: 'conflict', status: 409 })
    refused = true
    expect(await Promise.all([first, second])).toContainEqual(
      expect.objectContaining({ state: 'replayed', stateBy: 'admin', attempts: 9 }),
    )
    expect(runs).toBe(1)
    await expect(replay()).rejects.toMatchObject({ code: 'refused' })
    await expect(discardDeadLetter(store, id, 'admin')).rejects.toMatchObject({ code: 'refused' })
  })

  test('stay dead when the replay fails, with the new error', async () => {
    const store = await testStore()
    const id = await dead(store)
    const fail = async () => {
      throw failure('bad_upstream', 'still broken')
    }
    await expect(replayDeadLetter(store, id, 'admin', fail)).rejects.toMatchObject({ code: 'bad_upstream' })
    expect(await showDeadLetter(store, id)).toMatchObject({
      state: 'dead',
      error: 'still broken',
      attempts: 9,
      stateBy: null,
    })
    await replayDeadLetter(store, id, 'admin', async () => {})
    expect(await showDeadLetter(store, id)).toMatchObject({ state: 'replayed' })
  })

  test('that do not exist are not found', async () => {
    const store = await testStore()
    const notFound = { code: 'not_found' }
    await expect(showDeadLetter(store, 99)).rejects.toMatchObject(notFound)
    await expect(discardDeadLetter(store, 99, 'admin')).rejects.toMatchObject(notFound)
    await expect(replayDeadLetter(store, 99, 'admin', async () => {})).rejects.toMatchObject(notFound)
  })
})
