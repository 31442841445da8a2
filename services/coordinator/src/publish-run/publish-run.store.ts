import { studyVersionEvents } from '@slipway/contracts'
import { emit, type Store } from '@slipway/store'
import { sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'
import type { RunningJob } from '../job/job.ts'
import { prepare } from '../sql.ts'

type Leased = Pick<RunningJob, 'id' | 'lease'>

const scope = prepare<Leased & { accession: string | null }>()('publish-run.scope', (db, p) =>
  db
    .with('mine', q =>
      q
        .updateTable('job')
        .set({ scoped: true })
        .where('id', '=', p.id)
        .where('lease', '=', p.lease)
        .where('scoped', '=', false)
        .returning('id'),
    )
    .insertInto('publish_item')
    .columns(['task', 'accession'])
    .expression(eb =>
      eb
        .selectFrom(['mine', 'study_object as s'])
        .select(['mine.id', 's.accession'])
        .where('s.draft', 'is not', null)
        .where('s.deleted', '=', false)
        .where(sql<boolean>`(${p.accession}::text is null or s.accession = ${p.accession})`),
    ),
)

/** Lays down what the run covers, once: the studies with a draft when it begins; of one study, or of all. */
export async function layDownScope(
  store: Store<Database>,
  { id, lease }: Leased,
  accession: string | null,
): Promise<void> {
  await store.write(scope, { id, lease, accession })
}

const pending = prepare<{ id: string; limit: number }>()('publish-run.pending', (db, p) =>
  db
    .selectFrom('publish_item')
    .select('accession')
    .where('task', '=', p.id)
    .where('outcome', '=', 'pending')
    .orderBy('accession')
    .limit(p.limit),
)

export async function pendingStudies(store: Store<Database>, { id }: Leased, limit: number): Promise<string[]> {
  const rows = await store.read(pending, { id, limit })
  return rows.map(({ accession }) => accession)
}

/**
 * A study in one statement, which is one transaction: whoever has lost the job or was asked to stop publishes nothing;
 * the row of the study is locked with its draft, so an edit is either in this version or in a draft on top of it. The job
 * is locked against being taken over meanwhile, but neither against heartbeats nor against the wish that it should end.
 */
const publish = prepare<Leased & By & { accession: string }>()('publish-run.study', (db, p) => {
  const differs = sql`s.draft is distinct from s.content`
  return db
    .with('mine', q =>
      q
        .selectFrom('job')
        .select('id')
        .where('id', '=', p.id)
        .where('lease', '=', p.lease)
        .where('stop_requested', '=', false)
        .forKeyShare(),
    )
    .with('item', q =>
      q
        .selectFrom('mine')
        .innerJoin('publish_item as i', 'i.task', 'mine.id')
        .select('i.accession')
        .where('i.accession', '=', p.accession)
        .where('i.outcome', '=', 'pending')
        .forUpdate('i'),
    )
    .with('settled', q =>
      q
        .updateTable('study_object as s')
        .from('item')
        .set({
          version: sql<number>`s.version + case when ${differs} then 1 else 0 end`,
          content: sql`s.draft`,
          draft: null,
          draft_by: null,
          draft_at: null,
          updated_at: sql<string>`case when ${differs} then clock_timestamp() else s.updated_at end`,
        })
        .whereRef('s.accession', '=', 'item.accession')
        .where('s.draft', 'is not', null)
        .where('s.deleted', '=', false)
        .returning([
          's.accession',
          's.version',
          's.content',
          's.name',
          's.revision',
          sql<boolean>`old.version < s.version`.as('published'),
        ]),
    )
    .with('versioned', q =>
      q
        .insertInto('study_version')
        .columns(['accession', 'version', 'content', 'name', 'message', 'author', 'task', 'draft_revision'])
        .expression(eb =>
          eb
            .selectFrom('settled')
            .select([
              'accession',
              'version',
              'content',
              'name',
              p.message.as('message'),
              p.author.as('author'),
              p.id.as('task'),
              'revision',
            ])
            .where('published', '=', true),
        ),
    )
    .with('announced', q =>
      emit(
        q,
        studyVersionEvents.published,
        q
          .selectFrom('settled')
          .select(eb => [
            'accession as aggregate',
            'version as sequence',
            p.author.as('actor'),
            sql.lit(null).as('traceparent'),
            jsonBuildObject({
              accession: eb.ref('accession'),
              version: sql<string>`version::text`,
              message: sql<string>`${p.message}::text`,
              author: sql<string>`${p.author}::text`,
              task: sql<string>`${p.id}::text`,
              draft_revision: eb.ref('revision'),
            }).as('data'),
          ])
          .where('published', '=', true),
      ),
    )
    .with('noted', q =>
      q
        .updateTable('publish_item as i')
        .from('item')
        .set({
          outcome: sql<'published' | 'dropped' | 'skipped'>`coalesce(
            (select case when published then 'published' else 'dropped' end from settled), 'skipped')`,
          version: eb => eb.selectFrom('settled').select('version').where('published', '=', true),
          draft_revision: eb => eb.selectFrom('settled').select('revision'),
        })
        .where('i.task', '=', p.id)
        .whereRef('i.accession', '=', 'item.accession')
        .returning('i.accession'),
    )
    .selectNoFrom([
      sql<boolean>`exists (select from mine)`.as('mine'),
      sql<number>`(select count(*) from noted)::integer`.as('settled'),
    ])
})

export type By = { readonly message: string; readonly author: string }

/** Publishes what a study has of a draft; false when the job is not to be gone on with here. */
export async function publishStudy(
  store: Store<Database>,
  { id, lease }: Leased,
  accession: string,
  by: By,
): Promise<boolean> {
  const [row] = await store.write(publish, { id, lease, accession, ...by })
  return row?.mine ?? false
}

const fail = prepare<Leased & { accession: string; error: string }>()('publish-run.fail', (db, p) =>
  db
    .updateTable('publish_item as i')
    .from('job as j')
    .set({ outcome: 'failed', error: p.error })
    .where('j.id', '=', p.id)
    .where('j.lease', '=', p.lease)
    .whereRef('i.task', '=', 'j.id')
    .where('i.accession', '=', p.accession)
    .where('i.outcome', '=', 'pending'),
)

export async function failStudy(store: Store<Database>, { id, lease }: Leased, accession: string, error: string) {
  await store.write(fail, { id, lease, accession, error })
}

export type RunSummary = {
  readonly published: number
  readonly dropped: number
  readonly skipped: number
  readonly failed: number
  readonly versions: readonly { accession: string; version: string; draftRevision: number }[]
  readonly failures: readonly { accession: string; error: string }[]
}

type Outcome = 'published' | 'dropped' | 'skipped' | 'failed'

/** What is named one by one; the numbers count everything. */
const mostNamed = 1_000

const summary = prepare<{ id: string }>()('publish-run.summary', (db, p) =>
  db
    .selectFrom('publish_item')
    .select(eb => {
      const count = (outcome: Outcome) =>
        sql<number>`count(*) filter (where outcome = ${sql.lit(outcome)})::integer`.as(outcome)
      const named = eb
        .selectFrom('publish_item')
        .where('task', '=', p.id)
        .orderBy('accession')
        .limit(sql.lit(mostNamed))
      const versions = named
        .select(['accession', sql<string>`version::text`.as('version'), 'draft_revision as draftRevision'])
        .where('outcome', '=', 'published')
      const failures = named.select(['accession', 'error']).where('outcome', '=', 'failed')
      return [
        count('published'),
        count('dropped'),
        count('skipped'),
        count('failed'),
        sql<RunSummary['versions']>`(select coalesce(json_agg(x), '[]') from ${versions} x)`.as('versions'),
        sql<RunSummary['failures']>`(select coalesce(json_agg(x), '[]') from ${failures} x)`.as('failures'),
      ]
    })
    .where('task', '=', p.id),
)

export async function summarise(store: Store<Database>, { id }: Leased): Promise<RunSummary> {
  const [row] = await store.query(summary, { id })
  return row as RunSummary
}
