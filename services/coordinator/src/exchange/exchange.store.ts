import type { Queryable, Statement, Store } from '@slipway/store'
import type { Database } from '../database.ts'

/** Something said to a task service that this process, and no other, has under way. */
export type Exchange = {
  /** The task, or the release of a command without one. */
  readonly subject: string
  /** Token that settles it; worth nothing once another process has taken over. */
  readonly lease: string
}

/** Seconds that an exchange belongs to a process; renewed while it lives. */
export const leaseSeconds = 6

/**
 * Rows are locked in the order release, command, exchange, task everywhere. Whoever is not on that path passes over
 * rows that are locked, and so waits for nobody: they are being settled, or renewed next time.
 */
const keep: Statement = {
  name: 'exchange-keep',
  text: `
    with held as (
      select * from unnest($1::text[], $2::uuid[]) as h(subject, lease)
    ), commands as (
      select c.id from command c join held h on coalesce(c.task, c.release) = h.subject and c.lease = h.lease
      where c.id = any($4::uuid[]) for update of c skip locked
    ), kept_commands as (
      update command c set leased_until = clock_timestamp() + make_interval(secs => $3)
      from commands where c.id = commands.id
    ), exchanges as (
      select e.subject from exchange e join held h on e.subject = h.subject and e.lease = h.lease
      for update of e skip locked
    ), kept as (
      update exchange e set leased_until = clock_timestamp() + make_interval(secs => $3)
      from exchanges where e.subject = exchanges.subject
    )
    select h.subject, case
        when not exists (select from exchange e where e.subject = h.subject and e.lease = h.lease) then 'lost'
        when exists (
          select from command c
          where c.task = h.subject and c.action = 'cancel' and c.finished_at is null and c.lease is null
            and c.overtaken_at is null and c.created_at < clock_timestamp() - make_interval(secs => $5)
        ) then 'in the way' end as standing
    from held h`,
}

export type Standing = { readonly subject: string; readonly standing: 'lost' | 'in the way' | null }

/**
 * Renews exchanges, and says how they stand: `lost` to another process, or `in the way` of a cancel that has waited
 * for `patienceSeconds`. `commands` are the ids of those exchanges that carry out a command.
 */
export async function keepExchanges(
  store: Store<Database>,
  exchanges: readonly Exchange[],
  commands: readonly string[],
  patienceSeconds: number,
): Promise<Standing[]> {
  const subjects = exchanges.map(({ subject }) => subject)
  const leases = exchanges.map(({ lease }) => lease)
  return store.write<Standing>(keep, [subjects, leases, leaseSeconds, commands, patienceSeconds])
}

const end: Statement = {
  name: 'exchange-end',
  text: `
    delete from exchange where subject = $1 and lease = $2
    returning exists (
      select from command c where c.task = $1 and c.finished_at is null and c.due_at <= clock_timestamp()
    ) as waited`,
}

/** Ends an exchange. Undefined: it is another's by now; else whether a command has waited for its end. */
export async function endExchange(
  tx: Queryable,
  { subject, lease }: Exchange,
): Promise<{ waited: boolean } | undefined> {
  const [row] = await tx.query<{ waited: boolean }>(end, [subject, lease])
  return row
}

const purge: Statement = {
  name: 'exchange-purge',
  text: `
    delete from exchange where subject in (
      select subject from exchange where leased_until < clock_timestamp() - interval '1 hour' for update skip locked
    )`,
}

/** Removes what is left of exchanges whose process died and whose task was removed. */
export async function purgeExchanges(store: Store<Database>): Promise<void> {
  await store.write(purge)
}
