import type { Queryable, Store } from '@slipway/store'
import { type Expression, type QueryCreator, sql } from 'kysely'
import type { Database } from '../database.ts'
import { clock, fromNow } from '../rendered.ts'
import { prepare } from '../sql.ts'

/** Something said to a task service that this process, and no other, has under way. */
export type Exchange = {
  /** The task, or the release of a command without one. */
  readonly subject: string
  /** Token that settles it; worth nothing once another process has taken over. */
  readonly lease: string
}

/** Seconds that an exchange belongs to a process; renewed while it lives. */
export const leaseSeconds = 6

/** Begins an exchange with each of these subjects, in their order, but for those with which one is under way. */
export function beginExchanges(db: QueryCreator<Database>, subjects: Expression<{ subject: string }>) {
  return db
    .insertInto('exchange')
    .columns(['subject', 'lease', 'leased_until'])
    .expression(eb =>
      eb
        .selectFrom(sql<{ subject: string }>`${subjects}`.as('subjects'))
        .select([
          'subjects.subject',
          sql<string>`gen_random_uuid()`.as('lease'),
          fromNow(sql.lit(leaseSeconds)).as('leased_until'),
        ])
        .orderBy('subjects.subject'),
    )
    .onConflict(conflict =>
      conflict
        .column('subject')
        .doUpdateSet(eb => ({ lease: eb.ref('excluded.lease'), leased_until: eb.ref('excluded.leased_until') }))
        .where('exchange.leased_until', '<', clock),
    )
    .returning(['subject', 'lease', 'leased_until'])
}

type Keeping = {
  readonly subjects: readonly string[]
  readonly leases: readonly string[]
  readonly commands: readonly string[]
  readonly patience: number
}

/**
 * Rows are locked in the order release, command, exchange, task everywhere. Whoever is not on that path passes over
 * rows that are locked, and so waits for nobody: they are being settled, or renewed next time.
 */
const keep = prepare<Keeping>()(
  'exchange.keep',
  (_db, p) => sql<Standing>`
    with held as (
      select * from unnest(${p.subjects}::text[], ${p.leases}::uuid[]) as h(subject, lease)
    ), commands as (
      select c.id from command c join held h on coalesce(c.task, c.release) = h.subject and c.lease = h.lease
      where c.id = any(${p.commands}::uuid[]) for update of c skip locked
    ), kept_commands as (
      update command c set leased_until = ${fromNow(sql.lit(leaseSeconds))} from commands where c.id = commands.id
    ), exchanges as (
      select e.subject from exchange e join held h on e.subject = h.subject and e.lease = h.lease
      for update of e skip locked
    ), kept as (
      update exchange e set leased_until = ${fromNow(sql.lit(leaseSeconds))}
      from exchanges where e.subject = exchanges.subject
    )
    select h.subject, case
        when not exists (select from exchange e where e.subject = h.subject and e.lease = h.lease) then 'lost'
        when exists (
          select from command c
          where c.task = h.subject and c.action = 'cancel' and c.finished_at is null and c.lease is null
            and c.overtaken_at is null and c.created_at < clock_timestamp() - make_interval(secs => ${p.patience})
        ) then 'in the way' end as standing
    from held h`,
)

export type Standing = { readonly subject: string; readonly standing: 'lost' | 'in the way' | null }

/**
 * Renews exchanges, and says how they stand: `lost` to another process, or `in the way` of a cancel that has waited
 * for `patienceSeconds`. `commands` are the ids of those exchanges that carry out a command.
 */
export function keepExchanges(
  store: Store<Database>,
  exchanges: readonly Exchange[],
  commands: readonly string[],
  patienceSeconds: number,
): Promise<Standing[]> {
  const subjects = exchanges.map(({ subject }) => subject)
  const leases = exchanges.map(({ lease }) => lease)
  return store.write(keep, { subjects, leases, commands, patience: patienceSeconds })
}

const end = prepare<Exchange>()('exchange.end', (db, p) =>
  db
    .deleteFrom('exchange')
    .where('subject', '=', p.subject)
    .where('lease', '=', p.lease)
    .returning(eb => {
      const waiting = eb
        .selectFrom('command as c')
        .select('c.id')
        .where('c.task', '=', p.subject)
        .where('c.finished_at', 'is', null)
        .where('c.due_at', '<=', clock)
      return sql<boolean>`exists ${waiting}`.as('waited')
    }),
)

/** Ends an exchange. Undefined: it is another's by now; else whether a command has waited for its end. */
export async function endExchange(
  tx: Queryable,
  { subject, lease }: Exchange,
): Promise<{ waited: boolean } | undefined> {
  const [row] = await tx.query(end, { subject, lease })
  return row
}

const purge = prepare()('exchange.purge', db =>
  db
    .deleteFrom('exchange')
    .where('subject', 'in', q =>
      q
        .selectFrom('exchange')
        .select('subject')
        .where('leased_until', '<', sql<string>`clock_timestamp() - interval '1 hour'`)
        .forUpdate()
        .skipLocked(),
    ),
)

/** Removes what is left of exchanges whose process died and whose task was removed. */
export async function purgeExchanges(store: Store<Database>): Promise<void> {
  await store.write(purge)
}
