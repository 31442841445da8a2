import type { ParsedInputOf, unifiedStudyOperations } from '@slipway/contracts'
import type { Place } from '@slipway/service'
import { type NamedStatement, namedStatement, type Queryable, type Statement, valuesOf } from '@slipway/store'

export type StudySearch = ParsedInputOf<typeof unifiedStudyOperations.search>

const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const fields = `
  item.kf_id as id, item.kf_id, item.name, item.visible, item.origin, item.deleted, newest.version,
  published.version as published_version, ${instant('item.created_at')} as created_at,
  ${instant('item.updated_at')} as updated_at,
  (select row_to_json(l) from (select :base::text || '/v1/studies/' || item.kf_id as self) l) as links`

const joins = `
  left join release newest on newest.kf_id = item.latest_release
  left join release published on published.kf_id = item.latest_published`

const bodyOf = `(select row_to_json(f) from (select ${fields}) f)::text as body`

const item = namedStatement(
  'unified-study',
  `select ${bodyOf}, item.origin, item.name, item.visible, item.seq from study item ${joins} where item.kf_id = :id`,
)
const lock: Statement = { name: 'unified-study-lock', text: 'select from study where kf_id = $1 for update' }

export type StoredStudy = {
  readonly body: string
  readonly origin: 'platform' | 'dataservice'
  readonly name: string
  readonly visible: boolean
  readonly seq: number
}

export async function findStudy(read: Queryable['query'], id: string, base: string): Promise<StoredStudy | undefined> {
  const [row] = await read<StoredStudy>(item.statement, valuesOf(item, { id, base }))
  return row
}

/** Before it is read in order to be changed. */
export async function lockStudy(tx: Queryable, id: string): Promise<void> {
  await tx.query(lock, [id])
}

const insert: Statement = {
  name: 'unified-study-insert',
  text: `
    insert into study (kf_id, name, visible, created_at, origin)
    select $1, $2, $3, now(), 'platform'
    where not exists (select from study_object where accession = $1 and origin <> 'mirror')
    on conflict do nothing returning kf_id`,
}

/** False when there is a study with this id, on whatever way it came. */
export async function insertStudy(tx: Queryable, study: { kf_id: string; name: string; visible: boolean }) {
  const rows = await tx.query(insert, [study.kf_id, study.name, study.visible])
  return rows.length > 0
}

const update: Statement = {
  name: 'unified-study-update',
  text: 'update study set name = $2, visible = $3, updated_at = now(), seq = seq + 1 where kf_id = $1 returning seq',
}

/** The number of its event. */
export async function updateStudy(tx: Queryable, id: string, name: string, visible: boolean): Promise<number> {
  const [row] = await tx.query<{ seq: number }>(update, [id, name, visible])
  return row?.seq ?? 0
}

/** The columns that lists are ordered by; each with the position has an index. */
const sortColumns = {
  created_at: { sql: `coalesce(item.created_at, '-infinity')`, type: 'timestamptz' },
  name: { sql: 'item.name collate "C"', type: 'text' },
} as const

const searches = new Map<string, NamedStatement>()

/** One statement for each combination of filters, order, and whether it begins in the middle. */
function searchStatement({ sort, ...search }: StudySearch, isInMiddle: boolean): NamedStatement {
  const conditions = conditionsOf(search)
  const name = ['unified-studies', sort, ...conditions.keys(), ...(isInMiddle ? ['after'] : [])].join('-')
  const known = searches.get(name)
  if (known) return known
  const isDescending = sort.startsWith('-')
  const { sql, type } = sortColumns[sort.replace('-', '') as keyof typeof sortColumns]
  const direction = isDescending ? 'desc' : 'asc'
  const after = `(${sql}, item.position) ${isDescending ? '<' : '>'} (:key::${type}, :position::bigint)`
  const statement = namedStatement(
    name,
    `select ${bodyOf}, ${sql}::text as key, item.position from study item ${joins}
    ${where([...conditions.values(), ...(isInMiddle ? [after] : [])])}
    order by ${sql} ${direction}, item.position ${direction} limit :limit::integer`,
  )
  searches.set(name, statement)
  return statement
}

function countStatement(search: StudySearch): NamedStatement {
  const conditions = conditionsOf(search)
  const name = ['unified-studies-total', ...conditions.keys()].join('-')
  const known = searches.get(name)
  if (known) return known
  const statement = namedStatement(
    name,
    `select count(*)::float8 as total from study item ${where([...conditions.values()])}`,
  )
  searches.set(name, statement)
  return statement
}

function conditionsOf(search: Omit<StudySearch, 'sort'>): ReadonlyMap<string, string> {
  const all: [keyof typeof search, string][] = [
    ['visible', 'item.visible = any(:visible::boolean[])'],
    ['deleted', 'item.deleted = any(:deleted::boolean[])'],
    ['origin', 'item.origin = any(:origin::text[])'],
    ['q', `position(lower(:q::text) in lower(item.name || ' ' || item.kf_id)) > 0`],
    ['created_after', 'item.created_at > :created_after::timestamptz'],
    ['created_before', 'item.created_at < :created_before::timestamptz'],
  ]
  return new Map(all.filter(([name]) => search[name] !== undefined))
}

const where = (conditions: readonly string[]) => (conditions.length > 0 ? `where ${conditions.join(' and ')}` : '')

export type FoundStudy = { readonly body: string; readonly key: string; readonly position: number }

/** As many as the limit allows and one more, by which it is seen that there are more. */
export async function searchStudies(
  read: Queryable['query'],
  search: StudySearch,
  place: Place | undefined,
  base: string,
): Promise<FoundStudy[]> {
  const statement = searchStatement(search, place !== undefined)
  const [key, position] = place?.after ?? []
  const values = { ...search, base, key, position, limit: search.limit + 1 }
  return read<FoundStudy>(statement.statement, valuesOf(statement, values))
}

export async function countStudies(read: Queryable['query'], search: StudySearch): Promise<number> {
  const statement = countStatement(search)
  const [row] = await read<{ total: number }>(statement.statement, valuesOf(statement, search))
  return row?.total ?? 0
}

const key: Statement = { name: 'cursor-key', text: 'select key from cursor_key' }

export async function cursorKey(read: Queryable['query']): Promise<Uint8Array> {
  const [row] = await read<{ key: Uint8Array }>(key)
  if (!row) throw new Error('the table cursor_key is empty')
  return row.key
}
