import type { ReleaseState, TaskState } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'
import type { Database } from '../database.ts'
import type { CommandAction } from '../release/release.ts'

/** A command that is to be carried out now, with the state it is carried out in. */
export type DueCommand = {
  readonly id: string
  readonly release: string
  readonly task: string | null
  readonly action: CommandAction
  readonly attempt: number
  /** Seconds since it was decided. */
  readonly age: number
  /** A cancel that is only repeated: its release has gone on without an answer. */
  readonly overtaken: boolean
  readonly release_state: ReleaseState
  readonly task_state: TaskState | null
  /** Null when the task service is gone. */
  readonly url: string | null
  readonly studies: readonly string[]
}

const take: Statement = {
  name: 'command-take',
  text: `
    with due as (
      select id from command
      where finished_at is null and due_at <= clock_timestamp()
        and (leased_until is null or leased_until < clock_timestamp())
      order by due_at limit $1
      for update skip locked
    ), taken as (
      update command c set leased_until = clock_timestamp() + make_interval(secs => $2), attempt = attempt + 1
      from due where c.id = due.id
      returning c.id, c.release, c.task, c.action, c.attempt, c.overtaken_at is not null as overtaken,
        extract(epoch from clock_timestamp() - c.created_at)::float8 as age
    )
    select taken.*, r.state as release_state, t.state as task_state,
      case when s.deleted then null else s.url end as url,
      array(select study from release_study where release = r.kf_id order by ordinal) as studies
    from taken
      join release r on r.kf_id = taken.release
      left join task t on t.kf_id = taken.task
      left join task_service s on s.kf_id = t.task_service`,
}

/** Takes commands that are due, for `leaseSeconds`. A lease that is not kept alive lets another replica take over. */
export async function takeCommands(store: Store<Database>, limit: number, leaseSeconds: number): Promise<DueCommand[]> {
  return store.write<DueCommand>(take, [limit, leaseSeconds])
}

const keep: Statement = {
  name: 'command-keep',
  text: `
    update command set leased_until = clock_timestamp() + make_interval(secs => $2)
    where id = any($1::uuid[]) and finished_at is null`,
}

/** Renews the leases of commands that are being carried out. */
export async function keepCommands(store: Store<Database>, ids: readonly string[], leaseSeconds: number) {
  await store.write(keep, [ids, leaseSeconds])
}

const finish: Statement = {
  name: 'command-finish',
  text: `
    update command set finished_at = clock_timestamp(), last_error = coalesce($2, last_error)
    where id = $1 and finished_at is null
    returning id`,
}

/** Marks a command as done; false if it was done before, so that its outcome does not count twice. */
export async function finishCommand(tx: Queryable, id: string, error?: string): Promise<boolean> {
  const rows = await tx.query(finish, [id, error ?? null])
  return rows.length > 0
}

const overtake: Statement = {
  name: 'command-overtake',
  text: `
    update command set overtaken_at = clock_timestamp(), leased_until = null, last_error = $2,
      due_at = clock_timestamp() + make_interval(secs => $3)
    where id = $1 and finished_at is null and overtaken_at is null
    returning id`,
}

/**
 * Lets what follows from a command happen without its answer, and has it tried again after some seconds all the same;
 * false if that was done before.
 */
export async function overtakeCommand(tx: Queryable, id: string, error: string, seconds: number): Promise<boolean> {
  const rows = await tx.query(overtake, [id, error, seconds])
  return rows.length > 0
}

const postpone: Statement = {
  name: 'command-postpone',
  text: `
    update command set leased_until = null, last_error = $2, due_at = clock_timestamp() + make_interval(secs => $3)
    where id = $1 and finished_at is null`,
}

/** Tries a command again after some seconds. */
export async function postponeCommand(store: Store<Database>, id: string, error: string, seconds: number) {
  await store.write(postpone, [id, error, seconds])
}
