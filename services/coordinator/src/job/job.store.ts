import { newId } from '@slipway/contracts'
import {
  type AnyStore,
  type AnyTx,
  isUniqueViolation,
  outboxColumns,
  type Queryable,
  type Statement,
} from '@slipway/store'
import { taskInfo } from '../platform-task/platform-task.store.ts'
import { type JobEnd, type JobKindName, ownJobKinds, type RunningJob, timeOutSeconds } from './job.ts'

const eventData = `json_build_object('task_id', t.id, 'kind', t.kind, 'name', t.name, 'status', t.status,
  'subject', t.subject)`
/** Writes the event of an own job; `from` has the rows of the registry as they are after the change. */
const tell = (verb: string, from: string, actor: string) => `
  insert into platform.outbox (${outboxColumns})
  select 'platform-task', ${verb}, t.id, t.told, ${actor}, $1, ${eventData} from ${from} t`

const insert: Statement = {
  name: 'job-insert',
  text: `
    with recorded as (
      insert into platform_task (id, kind, name, application, status, created_by, owner, subject, told, attempt,
        started_at)
      values ($2, $3, $4, $5, case when $9::float8 is null then 'CREATED' else 'RUNNING' end, $6, $6, $7, 1,
        case when $9::float8 is null then 0 else 1 end, case when $9::float8 is not null then clock_timestamp() end)
      returning *
    ), queued as (
      insert into job (id, kind, input, attempt, lease, leased_until)
      select id, kind, $8, attempt, case when $9::float8 is not null then gen_random_uuid() end,
        clock_timestamp() + make_interval(secs => $9::float8)
      from recorded returning lease
    ), told as (${tell(`'created'`, 'recorded', '$6')})
    select t.id, ${taskInfo} as body, (select lease from queued) as lease from recorded t`,
}

export type NewJob = {
  readonly kind: JobKindName
  readonly subject?: string | null
  readonly input: Readonly<Record<string, unknown>>
  readonly actor: string
  readonly traceparent: string | undefined
  /** Seconds that the job belongs to this process, which runs it right away; absent: any replica may take it. */
  readonly leaseSeconds?: number
}
export type RecordedJob = { readonly id: string; readonly body: string; readonly lease: string | null }

const idTries = 3

/** Records a job: the entry of the registry, the job itself and the event in one statement. */
export async function insertJob(store: AnyStore, job: NewJob, finish: (tx: AnyTx, made: RecordedJob) => Promise<void>) {
  const { prefix, name, application } = ownJobKinds[job.kind]
  const subject = job.subject ?? null
  for (let attempt = 1; ; attempt += 1) {
    const values = [job.traceparent ?? null, newId(prefix), job.kind, name(subject), application, job.actor, subject]
    try {
      return await store.transaction(async tx => {
        const [made] = await tx.query<RecordedJob>(insert, [
          ...values,
          JSON.stringify(job.input),
          job.leaseSeconds ?? null,
        ])
        await finish(tx, made as RecordedJob)
        return made as RecordedJob
      })
    } catch (error) {
      if (!isUniqueViolation(error, 'platform_task_pkey') || attempt >= idTries) throw error
    }
  }
}

/** Taking is done by one replica at a time, so that two of them cannot begin publish runs at once. */
const lockTaking: Statement = {
  name: 'job-lock',
  text: `select pg_advisory_xact_lock(hashtext('slipway.publish-run'))`,
}
const anythingDue: Statement = {
  name: 'job-due',
  text: `
    select exists (
      select from job where due_at <= clock_timestamp() and (lease is null or leased_until < clock_timestamp())
    ) as due`,
}
const free = `j.due_at <= clock_timestamp() and (j.lease is null or j.leased_until < clock_timestamp())`

/** Of the publish runs over all studies only the oldest is run, and none beside one that is under way. */
const take: Statement = {
  name: 'job-take',
  text: `
    with candidate as (
      select j.id from job j
      where ${free} and (j.kind <> 'publish-all' or not exists (
        select from job o where o.kind = 'publish-all' and o.id <> j.id
          and (o.leased_until >= clock_timestamp() or (o.created_at, o.id) < (j.created_at, j.id))
      ))
      order by j.due_at limit $2
      for update skip locked
    ), taken as (
      update job j set attempt = j.attempt + (j.lease is null)::integer, deaths = j.deaths + (j.lease is not null)::integer,
        lease = gen_random_uuid(),
        leased_until = clock_timestamp() + make_interval(secs => $3)
      from candidate where j.id = candidate.id
      returning j.id, j.kind, j.lease, j.attempt, j.deaths, j.input
    ), started as (
      update platform_task t set status = 'RUNNING', attempt = taken.attempt + taken.deaths,
        started_at = coalesce(t.started_at, clock_timestamp()), updated_at = clock_timestamp(),
        revision = t.revision + 1, told = t.told + case when t.started_at is null then 1 else 0 end
      from taken where t.id = taken.id and t.ended_at is null
      returning t.*, old.started_at is null as first
    ), waiting as (
      update platform_task t set status = 'QUEUED', updated_at = clock_timestamp(), revision = t.revision + 1
      from job j where j.id = t.id and t.status = 'CREATED' and j.lease is null
        and not exists (select from candidate c where c.id = t.id)
    ), told as (${tell(`'started'`, '(select * from started where first)', `'system'`)})
    select taken.*, started.created_by, started.subject,
      (${timeOutSeconds} * 1000 - extract(epoch from clock_timestamp() - started.started_at) * 1000)::float8
        as remaining_ms
    from taken join started on started.id = taken.id`,
}

export async function takeJobs(store: AnyStore, limit: number, leaseSeconds: number): Promise<RunningJob[]> {
  const [look] = await store.read<{ due: boolean }>(anythingDue)
  if (!look?.due) return []
  return store.transaction(async tx => {
    await tx.query(lockTaking)
    return tx.query<RunningJob>(take, [null, limit, leaseSeconds])
  })
}

const keep: Statement = {
  name: 'job-keep',
  text: `
    update job set leased_until = clock_timestamp() + make_interval(secs => $3)
    where id = $1 and lease = $2 returning id`,
}

export type Leased = Pick<RunningJob, 'id' | 'lease'>

const hold: Statement = {
  name: 'job-hold',
  text: 'select id from job where id = $1 and lease = $2 for key share',
}

/** Keeps a job from being taken over until the end of the transaction; false when it is another's by now, or has ended. */
export async function holdJob(tx: Queryable, { id, lease }: Leased): Promise<boolean> {
  return (await tx.query(hold, [id, lease])).length > 0
}

/** Renews the lease; false when another replica runs the job by now. */
export async function keepJob(store: AnyStore, { id, lease }: Leased, leaseSeconds: number): Promise<boolean> {
  return (await store.write(keep, [id, lease, leaseSeconds])).length > 0
}

/** Ends a job that is run, or (without a lease) one that nobody runs yet. */
const end: Statement = {
  name: 'job-end',
  text: `
    with mine as (
      delete from job where id = $2 and (lease = $3::uuid or ($3::uuid is null and lease is null)) returning id
    ), ended as (
      update platform_task t set status = $4, ended_at = greatest(clock_timestamp(), t.started_at),
        expires_at = clock_timestamp() + interval '90 days', result = $5, errors = $6, updated_at = clock_timestamp(),
        revision = t.revision + 1, told = t.told + 1
      from mine where t.id = mine.id and t.ended_at is null
      returning t.*
    ), told as (${tell('lower($4)', 'ended', '$7')})
    select id from ended`,
}

export type EndOptions = { readonly actor?: string; readonly traceparent?: string | undefined }

/** False when the job is another's by now, or has ended. */
export async function endJob(
  tx: Queryable,
  { id, lease }: { readonly id: string; readonly lease: string | null },
  ending: JobEnd,
  { actor = 'system', traceparent }: EndOptions = {},
): Promise<boolean> {
  const result = ending.status === 'DONE' ? JSON.stringify(ending.result) : null
  const errors = ending.status === 'DONE' ? null : JSON.stringify(ending.errors)
  const values = [traceparent ?? null, id, lease, ending.status, result, errors, actor]
  return (await tx.query(end, values)).length > 0
}

const again: Statement = {
  name: 'job-again',
  text: `
    update job set lease = null, leased_until = null, deaths = 0,
      due_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000),
      attempt = attempt - case when $4 then 1 else 0 end
    where id = $1 and lease = $2`,
}

/** Gives a job back, to be taken after a pause; `counts` false: this run of it was no attempt. */
export async function giveBack(store: AnyStore, { id, lease }: Leased, afterMs: number, counts: boolean) {
  await store.write(again, [id, lease, afterMs, !counts])
}

const requestStop: Statement = {
  name: 'job-request-stop',
  text: `update job set stop_requested = true where id = $1 returning lease`,
}

/** Marks a job as to be stopped; undefined if there is none any more, else who runs it (null: nobody). */
export async function requestJobStop(tx: Queryable, id: string): Promise<{ lease: string | null } | undefined> {
  const [row] = await tx.query<{ lease: string | null }>(requestStop, [id])
  return row
}
