import type { Queryable, Statement } from '../types.ts'

export type NewTimer = {
  /** What it is for; `startTimers` handles the timers of one name. */
  readonly name: string
  /** Which one; a name has at most one timer of a key. */
  readonly key: string
  /** Now, when it is left out. */
  readonly dueAt?: Date | undefined
  readonly payload?: unknown
}

const set: Statement = {
  name: 'platform.timer-set',
  text: `
    insert into platform.timer (name, key, due_at, payload) values ($1, $2, coalesce($3, clock_timestamp()), $4)
    on conflict (name, key) do update set
      due_at = excluded.due_at, payload = excluded.payload, attempt = 0, last_error = null,
      revision = timer.revision + 1`,
}
const cancel: Statement = {
  name: 'platform.timer-cancel',
  text: 'delete from platform.timer where name = $1 and key = $2 returning 1',
}

/**
 * Sets a timer, or sets it anew with another due time and payload. One that is being handled is handled once more,
 * after that, when the new time has come. Part of the transaction when called on one; to wake the handlers of this
 * process then, call their `kick` after the commit.
 */
export async function setTimer(queryable: Queryable, { name, key, dueAt, payload }: NewTimer): Promise<void> {
  await queryable.query(set, [name, key, dueAt, JSON.stringify(payload ?? null)])
}

/** Removes a timer; false when there is none. A run that is under way goes on to its end. */
export async function cancelTimer(queryable: Queryable, timer: Pick<NewTimer, 'name' | 'key'>): Promise<boolean> {
  const rows = await queryable.query(cancel, [timer.name, timer.key])
  return rows.length > 0
}
