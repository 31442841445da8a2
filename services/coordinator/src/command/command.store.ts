import type { ReleaseState, TaskState } from '@slipway/contracts'
import { type Parameters, parametersOf, type Queryable, type Store } from '@slipway/store'
import { sql, type UpdateObject } from 'kysely'
import type { Database } from '../database.ts'
import { beginExchanges } from '../exchange/exchange.store.ts'
import type { CommandAction } from '../release/release.ts'
import { studiesOf, urlOf } from '../release/release-parts.ts'
import { ageSeconds, clock, fromNow } from '../rendered.ts'
import { prepare } from '../sql.ts'

/** A command that this process, and no other, carries out now. */
export type DueCommand = {
  readonly id: string
  readonly release: string
  readonly task: string | null
  readonly action: CommandAction
  /** Token that settles it; see `Exchange`. */
  readonly lease: string
  /** Requests that were made before and did not settle it. */
  readonly attempt: number
  /** Processes in a row that died while they carried it out. */
  readonly deaths: number
  /** Seconds since it was decided. */
  readonly age: number
  /** A cancel that is only repeated: its release has gone on without an answer. */
  readonly overtaken: boolean
}

/** The id of what a command is about: one command of a subject is carried out at a time. */
export const subjectOf = ({ task, release }: Pick<DueCommand, 'task' | 'release'>): string => task ?? release

const take = prepare<{ limit: number }>()('command.take', (db, p) =>
  db
    .with('due', q =>
      q
        .selectFrom('command as c')
        .select([
          'c.id',
          sql<string>`coalesce(c.task, c.release)`.as('subject'),
          'c.due_at',
          sql<boolean>`c.lease is not null`.as('orphaned'),
        ])
        .where('c.finished_at', 'is', null)
        .where('c.due_at', '<=', clock)
        .where(eb => eb.or([eb('c.leased_until', 'is', null), eb('c.leased_until', '<', clock)]))
        .where(eb => {
          const underWay = eb
            .selectFrom('exchange as e')
            .select('e.subject')
            .where('e.subject', '=', eb.fn.coalesce('c.task', 'c.release'))
            .where('e.leased_until', '>=', clock)
          return eb.not(eb.exists(underWay))
        })
        .orderBy('c.due_at')
        .limit(p.limit)
        .forUpdate()
        .skipLocked(),
    )
    .with('begun', q => beginExchanges(q, q.selectFrom('due').select('subject').distinct()))
    .with('chosen', q =>
      q
        .selectFrom('due')
        .innerJoin('begun', 'begun.subject', 'due.subject')
        .select(['due.id', 'due.orphaned', 'begun.lease', 'begun.leased_until'])
        .distinctOn('due.subject')
        .orderBy('due.subject')
        .orderBy('due.due_at')
        .orderBy('due.id'),
    )
    .updateTable('command as c')
    .from('chosen')
    .set(eb => ({
      lease: eb.ref('chosen.lease'),
      leased_until: eb.ref('chosen.leased_until'),
      deaths: sql<number>`c.deaths + chosen.orphaned::integer`,
    }))
    .whereRef('c.id', '=', 'chosen.id')
    .returning(eb => [
      'c.id',
      'c.release',
      'c.task',
      'c.action',
      'chosen.lease',
      'c.attempt',
      'c.deaths',
      sql<boolean>`c.overtaken_at is not null`.as('overtaken'),
      ageSeconds(eb.ref('c.created_at')).as('age'),
    ]),
)

/**
 * Takes commands that are due, the oldest of each task, and none of a task with which something is under way already.
 * One that is not kept falls to another replica.
 */
export function takeCommands(store: Store<Database>, limit: number): Promise<DueCommand[]> {
  return store.write(take, { limit })
}

/** What a command finds right before its request is sent. */
export type Aim = {
  readonly release_state: ReleaseState
  readonly task_state: TaskState
  /** Null when the task service is gone. */
  readonly url: string | null
  readonly studies: readonly string[]
  /** When the task was last heard of. */
  readonly heard: string
  /** A request of this command was sent before, and nobody knows what came of it. */
  readonly unsettled: boolean
}

const aim = prepare<Held>()('command.aim', (db, p) =>
  db
    .with('aimed', q =>
      q
        .updateTable('command')
        .set({ sent_at: clock })
        .where('id', '=', p.id)
        .where('lease', '=', p.lease)
        .where('finished_at', 'is', null)
        .returning(['release', 'task', sql<boolean>`old.sent_at is not null`.as('unsettled')]),
    )
    .selectFrom('aimed')
    .innerJoin('release as r', 'r.kf_id', 'aimed.release')
    .innerJoin('task as t', 't.kf_id', 'aimed.task')
    .leftJoin('task_service as s', 's.kf_id', 't.task_service')
    .select(eb => [
      'r.state as release_state',
      't.state as task_state',
      urlOf(eb).as('url'),
      studiesOf(eb).as('studies'),
      sql<string>`t.heard_at::text`.as('heard'),
      'aimed.unsettled',
    ]),
)

/**
 * Looks at the release again, and notes that a request of the command is about to be sent; undefined if the command is
 * another process's by now.
 */
export async function takeAim(store: Store<Database>, { id, lease }: DueCommand): Promise<Aim | undefined> {
  const [found] = await store.write(aim, { id, lease })
  return found
}

type Held = Pick<DueCommand, 'id' | 'lease'>

/** Changes a command that is held, ends its exchange, and says whether another one has waited for that. */
function prepareSettling<Given>(
  name: string,
  change: (p: Parameters<Given>) => UpdateObject<Database, 'command'>,
  { once = false } = {},
) {
  return prepare<Held & Given>()(`command.${name}`, db => {
    const p = parametersOf<Held>()
    return db
      .with('settled', q =>
        q
          .updateTable('command')
          .set({ lease: null, leased_until: null, ...change(parametersOf<Given>()) })
          .where('id', '=', p.id)
          .where('lease', '=', p.lease)
          .where('finished_at', 'is', null)
          .$if(once, command => command.where('overtaken_at', 'is', null))
          .returning(eb => ['id', 'task', eb.fn.coalesce('task', 'release').as('subject')]),
      )
      .with('ended', q =>
        q
          .deleteFrom('exchange as e')
          .using('settled')
          .whereRef('e.subject', '=', 'settled.subject')
          .where('e.lease', '=', p.lease),
      )
      .selectFrom('settled')
      .select(eb => {
        const waiting = eb
          .selectFrom('command as o')
          .select('o.id')
          .whereRef('o.task', '=', 'settled.task')
          .whereRef('o.id', '<>', 'settled.id')
          .where('o.finished_at', 'is', null)
          .where('o.due_at', '<=', clock)
        return sql<boolean>`exists ${waiting}`.as('waited')
      })
  })
}

/** Undefined: the command is another process's by now, or was settled before, so that this outcome does not count. */
export type Settlement = { readonly waited: boolean } | undefined

const finish = prepareSettling<{ error: string | undefined }>('finish', p => ({
  finished_at: clock,
  last_error: sql<string>`coalesce(${p.error}, last_error)`,
}))

/** Marks a command as done. */
export async function finishCommand(tx: Queryable, { id, lease }: Held, error?: string): Promise<Settlement> {
  const [settlement] = await tx.query(finish, { id, lease, error })
  return settlement
}

const overtake = prepareSettling<{ error: string; seconds: number }>(
  'overtake',
  p => ({
    overtaken_at: clock,
    last_error: p.error,
    attempt: sql<number>`attempt + 1`,
    deaths: 0,
    due_at: fromNow(p.seconds),
  }),
  { once: true },
)

/** Lets what follows from a command happen without its answer, and has it tried again after some seconds all the same. */
export async function overtakeCommand(
  tx: Queryable,
  { id, lease }: Held,
  error: string,
  seconds: number,
): Promise<Settlement> {
  const [settlement] = await tx.query(overtake, { id, lease, error, seconds })
  return settlement
}

const postpone = prepareSettling<Postponement>('postpone', p => ({
  last_error: p.error,
  due_at: fromNow(p.seconds),
  deaths: 0,
  attempt: sql<number>`attempt + ${p.counts}::boolean::integer`,
  sent_at: sql<string | null>`case when ${p.undelivered} then null else sent_at end`,
}))

export type Postponement = {
  readonly error: string
  readonly seconds: number
  /** A request was made and failed: one of its tries is used up. */
  readonly counts: boolean
  /** It is certain that no request arrived. */
  readonly undelivered: boolean
}

/** Has a command tried again after some seconds. */
export async function postponeCommand(
  store: Store<Database>,
  { id, lease }: Held,
  postponement: Postponement,
): Promise<Settlement> {
  const [settlement] = await store.write(postpone, { id, lease, ...postponement })
  return settlement
}
