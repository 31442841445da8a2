import { failure } from '@slipway/contracts'
import { errorText, storable } from '../error-text.ts'
import type { Queryable, Statement, Store, Tx } from '../types.ts'

/** A message that a consumer gives up, as the bus hands it over. */
export type NewDeadLetter = {
  readonly consumer: string
  readonly subject: string
  readonly streamSequence: number
  readonly attempts: number
  readonly payload: string
  readonly error: string
}

export type DeadLetterState = 'dead' | 'replayed' | 'discarded'

export type StoredDeadLetter = NewDeadLetter & {
  readonly id: number
  /** Of the event in the payload; null when it holds none. */
  readonly eventId: string | null
  /** ISO 8601, as all times of this package. */
  readonly deadAt: string
  readonly state: DeadLetterState
  readonly stateAt: string
  /** Who replayed or discarded it. */
  readonly stateBy: string | null
}

export type DeadLetterFilter = {
  readonly consumer?: string
  readonly state?: DeadLetterState
  readonly limit: number
  /** Id of the last letter of the page before: the list goes from new to old. */
  readonly before?: number
}

const columns = `id, consumer, subject, event_id as "eventId", stream_sequence as "streamSequence", attempts, payload,
  error, dead_at as "deadAt", state, state_at as "stateAt", state_by as "stateBy"`

const record: Statement = {
  name: 'platform.dead-letter-record',
  text: `
    insert into platform.dead_letter (consumer, subject, event_id, stream_sequence, attempts, payload, error)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict on constraint dead_letter_message_key do nothing`,
}
const list: Statement = {
  name: 'platform.dead-letter-list',
  text: `
    select ${columns} from platform.dead_letter
    where ($1::text is null or consumer = $1) and ($2::text is null or state = $2) and ($3::bigint is null or id < $3)
    order by id desc limit $4`,
}
const show: Statement = {
  name: 'platform.dead-letter',
  text: `select ${columns} from platform.dead_letter where id = $1`,
}
const discard: Statement = {
  name: 'platform.dead-letter-discard',
  text: `
    update platform.dead_letter set state = 'discarded', state_at = clock_timestamp(), state_by = $2
    where id = $1 and state = 'dead' returning ${columns}`,
}
const takeDead: Statement = {
  name: 'platform.dead-letter-take',
  text: `select ${columns} from platform.dead_letter where id = $1 and state = 'dead' for update skip locked`,
}
const settle: Statement = {
  name: 'platform.dead-letter-settle',
  text: `
    update platform.dead_letter set
      attempts = attempts + 1,
      error = coalesce($3, error),
      state = case when $3::text is null then 'replayed' else 'dead' end,
      state_at = case when $3::text is null then clock_timestamp() else state_at end,
      state_by = case when $3::text is null then $2 else state_by end
    where id = $1 returning ${columns}`,
}

/** Keeps a message that is given up. The same message again (a delivery whose acknowledgement was lost) is no second one. */
export async function recordDeadLetter(store: Queryable, letter: NewDeadLetter): Promise<void> {
  const { consumer, subject, streamSequence, attempts, payload, error } = letter
  const eventId = eventIdOf(payload)
  await store.query(record, [consumer, subject, eventId, streamSequence, attempts, storable(payload), storable(error)])
}

/** Letters from new to old. */
export async function listDeadLetters(store: Store, filter: DeadLetterFilter): Promise<StoredDeadLetter[]> {
  const { consumer = null, state = null, before = null, limit } = filter
  return store.read<StoredDeadLetter>(list, [consumer, state, before, limit])
}

/** Fails with `not_found`. */
export async function showDeadLetter(store: Store, id: number): Promise<StoredDeadLetter> {
  const [letter] = await store.read<StoredDeadLetter>(show, [id])
  if (!letter) throw failure('not_found', `There is no dead letter ${id}.`)
  return letter
}

/** Gives a letter up for good. Fails with `not_found`, or with `refused` unless it is dead. */
export async function discardDeadLetter(store: Store, id: number, actor: string): Promise<StoredDeadLetter> {
  const [letter] = await store.write<StoredDeadLetter>(discard, [id, actor])
  return letter ?? refuse(store, id)
}

/**
 * Runs the handler again and notes the success. When the handler fails, the letter stays dead with the new error and
 * one attempt more, and the handler's error is thrown. Of several replays at a time one runs it; the others fail with
 * `conflict`, later ones with `refused`. The letter is locked on a connection of its own while the handler runs; the
 * handler uses the inbox like any delivery, so an event that did take effect does not do so again.
 */
export async function replayDeadLetter(
  store: Store,
  id: number,
  actor: string,
  handle: (letter: StoredDeadLetter) => Promise<void>,
): Promise<StoredDeadLetter> {
  const run = async (tx: Tx) => {
    const [letter] = await tx.query<StoredDeadLetter>(takeDead, [id])
    if (!letter) return undefined
    let problem: { readonly error: unknown } | undefined
    try {
      await handle(letter)
    } catch (error) {
      problem = { error }
    }
    const text = problem && storable(errorText(problem.error))
    const [settled] = await tx.query<StoredDeadLetter>(settle, [id, actor, text])
    return { problem, letter: settled ?? letter }
  }
  const outcome = await store.transaction(run, { attempts: 1 })
  if (!outcome) return refuse(store, id)
  if (outcome.problem) throw outcome.problem.error
  return outcome.letter
}

async function refuse(store: Store, id: number): Promise<never> {
  const { state } = await showDeadLetter(store, id)
  if (state === 'dead') throw failure('conflict', `Dead letter ${id} is being replayed.`)
  throw failure('refused', `Dead letter ${id} was ${state} before.`)
}

function eventIdOf(payload: string): string | null {
  try {
    const event: unknown = JSON.parse(payload)
    const id = typeof event === 'object' && event !== null && 'id' in event ? event.id : null
    return typeof id === 'string' && !id.includes('\0') ? id : null
  } catch {
    return null
  }
}
