import { type AnyStore, outboxColumns, type Statement } from '@slipway/store'
import type { RunningJob } from '../job/job.ts'

type Leased = Pick<RunningJob, 'id' | 'lease'>

const scope: Statement = {
  name: 'publish-run-scope',
  text: `
    with mine as (
      update job set scoped = true where id = $1 and lease = $2 and not scoped returning id
    )
    insert into publish_item (task, accession)
    select mine.id, s.accession from mine, study_object s
    where s.draft is not null and not s.deleted and ($3::text is null or s.accession = $3)`,
}

/** Lays down what the run covers, once: the studies with a draft when it begins; of one study, or of all. */
export async function layDownScope(store: AnyStore, { id, lease }: Leased, accession: string | null): Promise<void> {
  await store.write(scope, [id, lease, accession])
}

const pending: Statement = {
  name: 'publish-run-pending',
  text: `select accession from publish_item where task = $1 and outcome = 'pending' order by accession limit $2`,
}

export async function pendingStudies(store: AnyStore, { id }: Leased, limit: number): Promise<string[]> {
  const rows = await store.read<{ accession: string }>(pending, [id, limit])
  return rows.map(({ accession }) => accession)
}

/**
 * A study in one statement, which is one transaction: whoever has lost the job or was asked to stop publishes nothing;
 * the row of the study is locked with its draft, so an edit is either in this version or in a draft on top of it. The job
 * is locked against being taken over meanwhile, but neither against heartbeats nor against the wish that it should end.
 */
const publish: Statement = {
  name: 'publish-run-study',
  text: `
    with mine as (
      select id from job where id = $1 and lease = $2 and not stop_requested for key share
    ), item as (
      select i.accession from mine join publish_item i on i.task = mine.id
      where i.accession = $3 and i.outcome = 'pending' for update of i
    ), settled as (
      update study_object s set
        version = s.version + case when s.draft is distinct from s.content then 1 else 0 end,
        content = s.draft, draft = null, draft_by = null, draft_at = null,
        updated_at = case when s.draft is distinct from s.content then clock_timestamp() else s.updated_at end
      from item where s.accession = item.accession and s.draft is not null and not s.deleted
      returning s.accession, s.version, s.content, s.name, s.revision, old.version < s.version as published
    ), versioned as (
      insert into study_version (accession, version, content, name, message, author, task, draft_revision)
      select accession, version, content, name, $4, $5, $1, revision from settled where published
    ), told as (
      insert into platform.outbox (${outboxColumns})
      select 'study-version', 'published', accession, version, $5, null, json_build_object('accession', accession,
        'version', version::text, 'message', $4::text, 'author', $5::text, 'task', $1::text, 'draft_revision', revision)
      from settled where published
    ), noted as (
      update publish_item i set
        outcome = coalesce((select case when published then 'published' else 'dropped' end from settled), 'skipped'),
        version = (select version from settled where published), draft_revision = (select revision from settled)
      from item where i.task = $1 and i.accession = item.accession
      returning i.accession
    )
    select exists (select from mine) as mine, (select count(*) from noted)::integer as settled`,
}

export type By = { readonly message: string; readonly author: string }

/** Publishes what a study has of a draft; false when the job is not to be gone on with here. */
export async function publishStudy(
  store: AnyStore,
  { id, lease }: Leased,
  accession: string,
  by: By,
): Promise<boolean> {
  const [row] = await store.write<{ mine: boolean }>(publish, [id, lease, accession, by.message, by.author])
  return row?.mine ?? false
}

const fail: Statement = {
  name: 'publish-run-fail',
  text: `
    update publish_item i set outcome = 'failed', error = $4
    from job j where j.id = $1 and j.lease = $2 and i.task = j.id and i.accession = $3 and i.outcome = 'pending'`,
}

export async function failStudy(store: AnyStore, { id, lease }: Leased, accession: string, error: string) {
  await store.write(fail, [id, lease, accession, error])
}

export type RunSummary = {
  readonly published: number
  readonly dropped: number
  readonly skipped: number
  readonly failed: number
  readonly versions: readonly { accession: string; version: string; draftRevision: number }[]
  readonly failures: readonly { accession: string; error: string }[]
}

/** What is named one by one; the numbers count everything. */
const mostNamed = 1_000

const summary: Statement = {
  name: 'publish-run-summary',
  text: `
    select count(*) filter (where outcome = 'published')::integer as published,
      count(*) filter (where outcome = 'dropped')::integer as dropped,
      count(*) filter (where outcome = 'skipped')::integer as skipped,
      count(*) filter (where outcome = 'failed')::integer as failed,
      (select coalesce(json_agg(x), '[]') from (
        select accession, version::text as version, draft_revision as "draftRevision" from publish_item
        where task = $1 and outcome = 'published' order by accession limit ${mostNamed}
      ) x) as versions,
      (select coalesce(json_agg(x), '[]') from (
        select accession, error from publish_item where task = $1 and outcome = 'failed' order by accession
        limit ${mostNamed}
      ) x) as failures
    from publish_item where task = $1`,
}

export async function summarise(store: AnyStore, { id }: Leased): Promise<RunSummary> {
  const [row] = await store.query<RunSummary>(summary, [id])
  return row as RunSummary
}
