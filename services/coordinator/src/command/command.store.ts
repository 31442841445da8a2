import type { ReleaseState, TaskState } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { leaseSeconds } from '../exchange/exchange.store.ts'
import type { CommandAction } from '../release/release.ts'

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

const take: Statement = {
  name: 'command-take',
  text: `
    with due as (
      select id, coalesce(task, release) as subject, due_at, lease is not null as orphaned from command c
      where finished_at is null and due_at <= clock_timestamp()
        and (leased_until is null or leased_until < clock_timestamp())
        and not exists (
          select from exchange e where e.subject = coalesce(c.task, c.release) and e.leased_until >= clock_timestamp()
        )
      order by due_at limit $1
      for update skip locked
    ), begun as (
      insert into exchange (subject, lease, leased_until)
      select subject, gen_random_uuid(), clock_timestamp() + make_interval(secs => $2)
      from (select distinct subject from due) subjects order by subject
      on conflict (subject) do update set lease = excluded.lease, leased_until = excluded.leased_until
        where exchange.leased_until < clock_timestamp()
      returning subject, lease, leased_until
    ), chosen as (
      select distinct on (subject) due.id, due.orphaned, begun.lease, begun.leased_until
      from due join begun using (subject) order by subject, due_at, id
    )
    update command c set lease = chosen.lease, leased_until = chosen.leased_until,
      deaths = c.deaths + chosen.orphaned::integer
    from chosen where c.id = chosen.id
    returning c.id, c.release, c.task, c.action, c.lease, c.attempt, c.deaths, c.overtaken_at is not null as overtaken,
      extract(epoch from clock_timestamp() - c.created_at)::float8 as age`,
}

/**
 * Takes commands that are due, the oldest of each task, and none of a task with which something is under way already.
 * One that is not kept falls to another replica.
 */
export async function takeCommands(store: Store<Database>, limit: number): Promise<DueCommand[]> {
  return store.write<DueCommand>(take, [limit, leaseSeconds])
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

const aim: Statement = {
  name: 'command-aim',
  text: `
    with aimed as (
      update command set sent_at = clock_timestamp() where id = $1 and lease = $2 and finished_at is null
      returning release, task, old.sent_at is not null as unsettled
    )
    select r.state as release_state, t.state as task_state, case when s.deleted then null else s.url end as url,
      array(select study from release_study where release = r.kf_id order by ordinal) as studies, t.heard_at::text as heard,
      aimed.unsettled
    from aimed join release r on r.kf_id = aimed.release join task t on t.kf_id = aimed.task
      left join task_service s on s.kf_id = t.task_service`,
}

/**
 * Looks at the release again, and notes that a request of the command is about to be sent; undefined if the command is
 * another process's by now.
 */
export async function takeAim(store: Store<Database>, { id, lease }: DueCommand): Promise<Aim | undefined> {
  const [found] = await store.write<Aim>(aim, [id, lease])
  return found
}

/** Ends the exchange of a command that was changed, and says whether another one has waited for that. */
const settled = (change: string, condition = '') => `
  with settled as (
    update command c set lease = null, leased_until = null, ${change}
    where id = $1 and lease = $2 and finished_at is null ${condition}
    returning id, task, coalesce(task, release) as subject
  ), ended as (
    delete from exchange e using settled where e.subject = settled.subject and e.lease = $2
  )
  select exists (
    select from command o
    where o.task = settled.task and o.id <> settled.id and o.finished_at is null and o.due_at <= clock_timestamp()
  ) as waited from settled`

/** Undefined: the command is another process's by now, or was settled before, so that this outcome does not count. */
export type Settlement = { readonly waited: boolean } | undefined

type Held = Pick<DueCommand, 'id' | 'lease'>

const finish: Statement = {
  name: 'command-finish',
  text: settled('finished_at = clock_timestamp(), last_error = coalesce($3, last_error)'),
}

/** Marks a command as done. */
export async function finishCommand(tx: Queryable, { id, lease }: Held, error?: string): Promise<Settlement> {
  const [settlement] = await tx.query<{ waited: boolean }>(finish, [id, lease, error ?? null])
  return settlement
}

const overtake: Statement = {
  name: 'command-overtake',
  text: settled(
    `overtaken_at = clock_timestamp(), last_error = $3, attempt = attempt + 1, deaths = 0,
      due_at = clock_timestamp() + make_interval(secs => $4)`,
    'and overtaken_at is null',
  ),
}

/** Lets what follows from a command happen without its answer, and has it tried again after some seconds all the same. */
export async function overtakeCommand(
  tx: Queryable,
  { id, lease }: Held,
  error: string,
  seconds: number,
): Promise<Settlement> {
  const [settlement] = await tx.query<{ waited: boolean }>(overtake, [id, lease, error, seconds])
  return settlement
}

const postpone: Statement = {
  name: 'command-postpone',
  text: settled(`last_error = $3, due_at = clock_timestamp() + make_interval(secs => $4), deaths = 0,
      attempt = attempt + $5::boolean::integer, sent_at = case when $6 then null else sent_at end`),
}

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
  { error, seconds, counts, undelivered }: Postponement,
): Promise<Settlement> {
  const values = [id, lease, error, seconds, counts, undelivered]
  const [settlement] = await store.write<{ waited: boolean }>(postpone, values)
  return settlement
}
