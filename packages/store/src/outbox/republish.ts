import type { Statement, Store } from '../types.ts'

export type RepublishFilter = {
  /** Events written at this time or later. */
  readonly since?: Date
  /** Rows of the outbox from this id on, and up to this id; both included. */
  readonly fromId?: number
  readonly toId?: number
  readonly aggregate?: string
}

const republishStatement: Statement = {
  name: 'platform.republish',
  text: `
    with span as materialized (
      select id, sent_at, aggregate, created_at from platform.outbox where id between $1 and $2 order by id limit $5
    ), marked as (
      update platform.outbox o set sent_at = null, resent = resent + 1 from span
      where o.id = span.id and o.sent_at is not null
        and ($3::timestamptz is null or span.created_at >= $3) and ($4::text is null or span.aggregate = $4)
      returning o.id
    )
    select (select count(*) from marked) as marked, (select max(id) from span) as last`,
}

const chunk = 5_000

/**
 * Marks events to be sent again, with the ids they had; without a filter, all that the outbox still holds. Consumers
 * that saw them do nothing; a stream that was lost has them again. Works in steps of 5,000 rows, so that relays and
 * writers are not held up. Returns how many were marked.
 */
export async function republish(store: Store, filter: RepublishFilter = {}): Promise<number> {
  let from = filter.fromId ?? 0
  let total = 0
  for (;;) {
    const [step] = await store.write<{ marked: number; last: number | null }>(republishStatement, [
      from,
      filter.toId ?? Number.MAX_SAFE_INTEGER,
      filter.since ?? null,
      filter.aggregate ?? null,
      chunk,
    ])
    total += step?.marked ?? 0
    if (!step || step.last === null) break
    from = step.last + 1
  }
  if (total > 0) store.outboxChanged.emit()
  return total
}
