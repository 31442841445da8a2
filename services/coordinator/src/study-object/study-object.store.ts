import { accessionKey, titleKey } from '@slipway/contracts'
import { outboxColumns, type Queryable, type Statement, type Store } from '@slipway/store'

type Read = Queryable['query']

/** The object of ODM: accession, the name where no title is set, and the attributes. */
const objectOf = (accession: string, name: string, content: string) =>
  `(jsonb_build_object('${accessionKey}', ${accession}, '${titleKey}', ${name}) || ${content})::text`

/** Greatest object in bytes: its answer is one message of the bus. */
export const greatestObject = 900_000

export type StudyRow = {
  readonly accession: string
  readonly owner: string | null
  readonly deleted: boolean
  readonly version: number
  readonly revision: number
  readonly draft_by: string | null
  readonly draft_time: string | null
  /** As JSON: what was published, and the draft if there is one. */
  readonly published: string
  readonly draft: string | null
}

const select = `select s.accession, s.owner, s.deleted, s.version, s.revision, s.draft_by,
  iso_time(s.draft_at) as draft_time, ${objectOf('s.accession', 's.name', 's.content')} as published,
  ${objectOf('s.accession', 's.name', 's.draft')} as draft
  from study_object s where s.accession = $1`
const find: Statement = { name: 'study-object-find', text: select }
const lock: Statement = { name: 'study-object-lock', text: `${select} for update` }

export async function findStudy(read: Read, accession: string): Promise<StudyRow | undefined> {
  const [row] = await read<StudyRow>(find, [accession])
  return row
}

/** Locked until the end of the transaction: edits, restorations and publications of a study come one after the other. */
export async function lockStudy(tx: Queryable, accession: string): Promise<StudyRow | undefined> {
  const [row] = await tx.query<StudyRow>(lock, [accession])
  return row
}

const draftEvent = (verb: string) => `
  insert into platform.outbox (${outboxColumns})
  select 'study-draft', '${verb}', accession, revision, $2, $3, json_build_object('accession', accession,
    'revision', revision, 'version', version::text) from changed`

/** A change that leaves everything as it was published makes no draft. */
const edit: Statement = {
  name: 'study-object-edit',
  text: `
    with changed as (
      update study_object s set draft = (coalesce(s.draft, s.content) || $4::jsonb) - $5::text[],
        revision = s.revision + 1, draft_by = $2, draft_at = clock_timestamp()
      where s.accession = $1
        and (s.draft is not null or (s.content || $4::jsonb) - $5::text[] is distinct from s.content)
      returning s.*
    ), told as (${draftEvent('changed')})
    select octet_length(draft::text) as bytes from changed`,
}

export type By = { readonly actor: string; readonly traceparent: string | undefined }

/** Changes the draft of a study, or makes it; the size of the draft, or undefined when nothing was changed. */
export async function editDraft(
  tx: Queryable,
  accession: string,
  change: { readonly set: object; readonly remove: readonly string[] },
  { actor, traceparent }: By,
): Promise<number | undefined> {
  const values = [accession, actor, traceparent ?? null, JSON.stringify(change.set), change.remove]
  const [row] = await tx.query<{ bytes: number }>(edit, values)
  return row?.bytes
}

const discard: Statement = {
  name: 'study-object-discard',
  text: `
    with changed as (
      update study_object s set draft = null, draft_by = null, draft_at = null, revision = s.revision + 1
      where s.accession = $1 and s.draft is not null
      returning s.*
    ), told as (${draftEvent('discarded')})
    select accession from changed`,
}

export async function discardDraft(tx: Queryable, accession: string, { actor, traceparent }: By): Promise<void> {
  await tx.query(discard, [accession, actor, traceparent ?? null])
}

const commitInfo = `(select row_to_json(f) from (
    select v.version::text as version, v.message, v.author, floor(extract(epoch from v.at) * 1000)::bigint as timestamp
  ) f)::text`

const versions: Statement = {
  name: 'study-version-list',
  text: `
    select version, ${commitInfo} as body from study_version v
    where accession = $1 and ($2::integer is null or version < $2) order by version desc limit $3`,
}

/** `CommitInfo`s as JSON, the newest first, below a version. */
export function versionsBelow(read: Read, accession: string, below: number | null, limit: number) {
  return read<{ version: number; body: string }>(versions, [accession, below, limit])
}

const version: Statement = {
  name: 'study-version-find',
  text: `
    select ${objectOf('v.accession', 'v.name', 'v.content')} as body from study_version v
    where accession = $1 and version = $2`,
}

/** A study as it was published; undefined for a version that is not there. */
export async function findVersion(read: Read, accession: string, number: number): Promise<string | undefined> {
  const [row] = await read<{ body: string }>(version, [accession, number])
  return row?.body
}

const restore: Statement = {
  name: 'study-version-restore',
  text: `
    with restored as (
      update study_object s set content = o.content, version = s.version + 1, updated_at = clock_timestamp()
      from study_version o
      where s.accession = $1 and o.accession = s.accession and o.version = $4
      returning s.*
    ), made as (
      insert into study_version (accession, version, content, name, message, author)
      select accession, version, content, name, $5, $2 from restored returning *
    ), told as (
      insert into platform.outbox (${outboxColumns})
      select 'study-version', 'published', accession, version, $2, $3, json_build_object('accession', accession,
        'version', version::text, 'message', message, 'author', author, 'task', null, 'draft_revision', null) from made
    )
    select ${commitInfo} as body from made v`,
}

/** Makes an old version the newest once more; its `CommitInfo` as JSON. A draft stays what it is. */
export async function restoreVersion(
  tx: Queryable,
  accession: string,
  number: number,
  message: string,
  { actor, traceparent }: By,
): Promise<string | undefined> {
  const [row] = await tx.query<{ body: string }>(restore, [accession, actor, traceparent ?? null, number, message])
  return row?.body
}

/** Whose studies are listed: of everybody, or of these groups and this owner. */
export type Reach = { readonly all: boolean; readonly groups: readonly string[]; readonly login: string }

export const sortColumns = {
  id: 's.accession',
  creation: 's.created_at',
  last_update: 's.updated_at',
  name: `coalesce(s.content->>'${titleKey}', s.name)`,
} as const
export type Sort = { readonly by: keyof typeof sortColumns; readonly descending: boolean }

export type StudyQuery = {
  readonly reach: Reach
  /** Those that the data service no longer has, too. */
  readonly withDeleted: boolean
  readonly text: string | null
  readonly sort: Sort
  readonly limit: number
  readonly offset: number
}

/** How many studies there are for a reader, and the accessions of a page of them. */
export async function listStudies(read: Read, query: StudyQuery): Promise<{ total: number; accessions: string[] }> {
  const { by, descending } = query.sort
  const where = `($1 or s.accession = any($2::text[]) or s.owner = $3) and ($4 or not s.deleted)
    and ($5::text is null or strpos(lower(s.name || ' ' || s.content::text), lower($5)) > 0)`
  const order = `${sortColumns[by]} ${descending ? 'desc' : 'asc'}, s.accession`
  const statement: Statement = {
    name: `study-object-list-${by}-${descending ? 'desc' : 'asc'}`,
    text: `
      select (select count(*) from study_object s where ${where})::integer as total, array(
        select s.accession from study_object s where ${where} order by ${order} limit $6 offset $7
      ) as accessions`,
  }
  const { reach, withDeleted, text, limit, offset } = query
  const values = [reach.all, reach.groups, reach.login, withDeleted, text, limit, offset]
  const [page] = await read<{ total: number; accessions: string[] }>(statement, values)
  return page as { total: number; accessions: string[] }
}

const bodies: Statement = {
  name: 'study-object-bodies',
  text: `
    select ${objectOf('s.accession', 's.name', 's.content')} as body
    from unnest($1::text[]) with ordinality as x(accession, place) join study_object s using (accession) order by place`,
}

/** What was published of these studies, in their order. */
export async function publishedBodies(read: Read, accessions: readonly string[]): Promise<string[]> {
  const rows = await read<{ body: string }>(bodies, [accessions])
  return rows.map(({ body }) => body)
}

const pending: Statement = {
  name: 'study-object-pending',
  text: `
    select json_build_object('accession', accession, 'version', version::text, 'draftRevision', revision)::text as body
    from study_object where draft is not null and draft is distinct from content and not deleted order by accession`,
}

/** What a publish run over all studies would publish now. */
export async function pendingPublications(store: Store): Promise<string[]> {
  const rows = await store.read<{ body: string }>(pending)
  return rows.map(({ body }) => body)
}
