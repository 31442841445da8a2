import { now } from './connection/clock.ts'
import type { Statement, Store } from './types.ts'

export type Retention = {
  /** Days that sent events stay for `republish`; at least as long as the stream keeps them. Default 14. */
  readonly outboxDays?: number
  /** Days a consumer remembers events; must exceed `outboxDays`, or republished ones take effect again. Default 30. */
  readonly inboxDays?: number
  /** Hours a command is answered from memory. Default 24. */
  readonly commandHours?: number
}

export type Purged = { readonly outbox: number; readonly inbox: number; readonly commands: number }

/** Rows that one statement looks at: locks stay short, and other work gets its turn. */
const chunk = 5_000

/** Walks up the ids and ends where rows are young, so that a purge with nothing to do reads one chunk. */
const outbox: Statement = {
  name: 'platform.purge-outbox',
  text: `
    with oldest as materialized (
      select id, created_at, sent_at from platform.outbox where id > $1 order by id limit ${chunk}
    ), gone as (
      delete from platform.outbox o using oldest
      where o.id = oldest.id and oldest.sent_at < $2 and o.sent_at < $2
      returning o.id
    )
    select (select count(*) from gone) as gone, (select max(id) from oldest where created_at < $2) as last`,
}
const inbox = purgeByTime('inbox', 'received_at')
const command = purgeByTime('command', 'created_at')

/** Deletes sent events older than `olderThanDays` (default 14). Events that are not sent stay, however old. */
export async function purgeOutbox(store: Store, olderThanDays = 14): Promise<number> {
  const before = daysAgo(olderThanDays)
  let total = 0
  for (let last = 0; ; ) {
    const [step] = await store.write<{ gone: number; last: number | null }>(outbox, [last, before])
    total += step?.gone ?? 0
    if (!step || step.last === null) return total
    last = step.last
  }
}

/** Forgets which events were received more than `olderThanDays` ago (default 30). */
export function purgeInbox(store: Store, olderThanDays = 30): Promise<number> {
  return repeat(store, inbox, daysAgo(olderThanDays))
}

/** Forgets commands done more than `olderThanHours` ago (default 24). */
export function purgeCommands(store: Store, olderThanHours = 24): Promise<number> {
  return repeat(store, command, daysAgo(olderThanHours / 24))
}

/** All of these, one after another; meant for `every`. Returns how many rows went. */
export async function purgeOld(store: Store, retention: Retention = {}): Promise<Purged> {
  return {
    outbox: await purgeOutbox(store, retention.outboxDays),
    inbox: await purgeInbox(store, retention.inboxDays),
    commands: await purgeCommands(store, retention.commandHours),
  }
}

function purgeByTime(table: string, column: string): Statement {
  return {
    name: `platform.purge-${table}`,
    text: `
      with gone as (
        delete from platform.${table} where ctid = any(array(
          select ctid from platform.${table} where ${column} < $1 limit ${chunk}
        )) returning 1
      )
      select count(*) as gone from gone`,
  }
}

async function repeat(store: Store, statement: Statement, before: Date): Promise<number> {
  for (let total = 0; ; ) {
    const [step] = await store.write<{ gone: number }>(statement, [before])
    total += step?.gone ?? 0
    if (!step || step.gone < chunk) return total
  }
}

function daysAgo(days: number): Date {
  return new Date(now() - days * 86_400_000)
}
