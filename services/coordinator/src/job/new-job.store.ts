import { newId } from '@slipway/contracts'
import { isUniqueViolation, type Store, type Tx } from '@slipway/store'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import { taskInfo } from '../platform-task/platform-task.store.ts'
import { fromNow } from '../rendered.ts'
import { prepare } from '../sql.ts'
import { type JobKindName, ownJobKinds } from './job.ts'
import { announce } from './job-event.ts'

type Inserted = {
  readonly traceparent: string | undefined
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly application: string
  readonly actor: string
  readonly subject: string | null
  readonly input: string
  readonly leaseSeconds: number | undefined
}

const insert = prepare<Inserted>()('job.insert', (db, p) => {
  const isRunning = sql<boolean>`${p.leaseSeconds}::float8 is not null`
  return db
    .with('recorded', q =>
      q
        .insertInto('platform_task')
        .values({
          id: p.id,
          kind: p.kind,
          name: p.name,
          application: p.application,
          status: sql<'RUNNING' | 'CREATED'>`case when ${isRunning} then 'RUNNING' else 'CREATED' end`,
          created_by: p.actor,
          owner: p.actor,
          subject: p.subject,
          told: 1,
          attempt: sql<number>`case when ${isRunning} then 1 else 0 end`,
          started_at: sql<string | null>`case when ${isRunning} then clock_timestamp() end`,
        })
        .returningAll(),
    )
    .with('queued', q =>
      q
        .insertInto('job')
        .columns(['id', 'kind', 'input', 'attempt', 'lease', 'leased_until'])
        .expression(eb =>
          eb
            .selectFrom('recorded')
            .select([
              'id',
              'kind',
              sql<unknown>`${p.input}::jsonb`.as('input'),
              'attempt',
              sql<string | null>`case when ${isRunning} then gen_random_uuid() end`.as('lease'),
              fromNow(sql<number>`${p.leaseSeconds}::float8`).as('leased_until'),
            ]),
        )
        .returning('lease'),
    )
    .with('announced', q => announce(q, 'created', q.selectFrom('recorded').selectAll(), p.actor, p.traceparent))
    .selectFrom('recorded as t')
    .select(eb => [
      't.id',
      taskInfo(eb).as('body'),
      sql<string | null>`${eb.selectFrom('queued').select('lease')}`.as('lease'),
    ])
})

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
export async function insertJob(
  store: Store<Database>,
  job: NewJob,
  finish: (tx: Tx<Database>, made: RecordedJob) => Promise<void>,
) {
  const { prefix, name, application } = ownJobKinds[job.kind]
  const subject = job.subject ?? null
  for (let attempt = 1; ; attempt += 1) {
    const given = {
      traceparent: job.traceparent,
      id: newId(prefix),
      kind: job.kind,
      name: name(subject),
      application,
      actor: job.actor,
      subject,
      input: JSON.stringify(job.input),
      leaseSeconds: job.leaseSeconds,
    }
    try {
      return await store.transaction(async tx => {
        const [made] = await tx.query(insert, given)
        await finish(tx, made as RecordedJob)
        return made as RecordedJob
      })
    } catch (error) {
      if (!isUniqueViolation(error, 'platform_task_pkey') || attempt >= idTries) throw error
    }
  }
}
