import {
  type OutputOf,
  type ReleaseTemplateFields,
  releaseTemplateEvents,
  type releaseTemplateOperations,
} from '@slipway/contracts'
import { type AnyStore, type AnyTx, outboxColumns, type Queryable, type Statement } from '@slipway/store'

/** What the operations answer, but for the setting. */
export type ReleaseTemplate = Omit<OutputOf<typeof releaseTemplateOperations.get>, 'enabled'>

const read: Statement = {
  name: 'release-template.read',
  text: `select t.schedule_id as schedule, t.name, t.description, t.studies, t.tags, t.is_major, t.author, s.date::text as date,
      case when t.release is null then 'waiting' else 'started' end as state, t.release, t.attempts, t.error
    from release_template t join schedule s on s.id = t.schedule_id where t.schedule_id = $1`,
}
const lockSchedule: Statement = {
  name: 'release-template.lock-schedule',
  text: `select date < utc_today() as over from schedule where id = $1 for update`,
}
const put: Statement = {
  name: 'release-template.put',
  text: `
    insert into release_template (schedule_id, name, description, studies, tags, is_major, author)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (schedule_id) do update set name = excluded.name, description = excluded.description,
      studies = excluded.studies, tags = excluded.tags, is_major = excluded.is_major, author = excluded.author,
      attempts = 0, error = null, due_at = now()
    where release_template.release is null`,
}
const remove: Statement = {
  name: 'release-template.remove',
  text: 'delete from release_template where schedule_id = $1 returning 1',
}

export async function readTemplate(query: Queryable['query'], schedule: number): Promise<ReleaseTemplate | undefined> {
  const [row] = await query<ReleaseTemplate>(read, [schedule])
  return row
}

/** A schedule that nobody else changes until the transaction ends; undefined if there is none. */
export async function lockScheduleDay(tx: AnyTx, schedule: number): Promise<{ readonly over: boolean } | undefined> {
  const [row] = await tx.query<{ over: boolean }>(lockSchedule, [schedule])
  return row
}

export async function putTemplate(tx: AnyTx, schedule: number, fields: ReleaseTemplateFields, author: string) {
  const { name, description, studies, tags, is_major } = fields
  await tx.query(put, [schedule, name, description, studies, tags, is_major, author])
}

/** False: there was none. */
export async function removeTemplate(tx: AnyTx, schedule: number): Promise<boolean> {
  return (await tx.query(remove, [schedule])).length > 0
}

export type DueTemplate = ReleaseTemplateFields & {
  readonly schedule: number
  readonly startId: string
  readonly author: string
  /** When it was due: another one once it was written anew, or tried. */
  readonly dueAt: string
}

const dueColumns = `t.schedule_id as schedule, t.start_id as "startId", t.name, t.description, t.studies, t.tags, t.is_major,
  t.author, t.due_at::text as "dueAt"`
const isDue = 't.release is null and t.due_at <= clock_timestamp() and s.date <= utc_today()'

const due: Statement = {
  name: 'release-template.due',
  text: `
    select ${dueColumns} from release_template t join schedule s on s.id = t.schedule_id
    where ${isDue} order by t.due_at, t.schedule_id limit $1`,
}
const stillDue: Statement = {
  name: 'release-template.still-due',
  text: `
    select ${dueColumns} from release_template t join schedule s on s.id = t.schedule_id
    where ${isDue} and t.schedule_id = $1 and t.start_id = $2`,
}

/** Templates whose day has come, by the clock of the database, and which do not wait for another attempt. */
export const dueTemplates = (store: AnyStore, limit: number) => store.query<DueTemplate>(due, [limit])

/** One of them, as it is now; undefined if it is not to be started any more. */
export async function dueTemplate(
  store: AnyStore,
  { schedule, startId }: DueTemplate,
): Promise<DueTemplate | undefined> {
  const [row] = await store.query<DueTemplate>(stillDue, [schedule, startId])
  return row
}

const { noun, verb } = releaseTemplateEvents.started
const started: Statement = {
  name: 'release-template.started',
  text: `
    with made as (
      update release_template set release = $3, error = null where schedule_id = $1 and start_id = $2 and release is null
      returning schedule_id
    ), row as (
      update schedule s set seq = s.seq + 1 from made where s.id = made.schedule_id returning s.id, s.seq
    )
    insert into platform.outbox (${outboxColumns})
    select '${noun}', '${verb}', row.id::text, row.seq, 'system', null, json_build_object('id', row.id, 'release', $3::text)
    from row`,
}
const failed: Statement = {
  name: 'release-template.failed',
  text: `
    update release_template set attempts = attempts + 1, error = left($3, 1000),
      due_at = clock_timestamp() + least(3600, 5 * 2 ^ least(attempts, 10)) * interval '1 second'
    where schedule_id = $1 and start_id = $2 and release is null and due_at = $4::timestamptz`,
}

export async function noteStarted(store: AnyStore, { schedule, startId }: DueTemplate, release: string): Promise<void> {
  await store.write(started, [schedule, startId, release])
}

/** Sets the next attempt: after 5 seconds, doubling, an hour at most. Nothing if it was written anew meanwhile, or tried. */
export async function noteFailed(store: AnyStore, { schedule, startId, dueAt }: DueTemplate, error: string) {
  await store.write(failed, [schedule, startId, error, dueAt])
}
