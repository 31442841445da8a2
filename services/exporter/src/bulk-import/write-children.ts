import type { SourceTarget } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'
import { type Change, firstState, nextState, requireRoom, type Written } from '../child/change-child.ts'
import type { Place, StoredChild } from '../child/child.store.ts'
import type { ChildKind, ChildRules } from '../child/child.ts'
import { tickClock } from '../child/child-state.store.ts'
import { facetColumns } from '../child/facets.ts'
import { roomNeeded } from '../child/room.ts'
import type { MappingLinks } from '../mapping/mapping-ends.ts'

/** What a batch holds of children that are there already. */
export type KnownChild = StoredChild & MappingLinks & { readonly id: string; readonly matchKey: string | null }

/** A child that a line makes or changes. The content differs from what is stored. */
export type ChildWrite<Values, Content extends { readonly retired: boolean }> = {
  readonly rules: ChildRules<Values, Content>
  readonly id: string
  /** Undefined: it is new. */
  readonly stored: StoredChild | undefined
  readonly content: Content
  readonly comment: string | null
}

/** Looked up one by one in a unique index: the kind is hidden from the planner, as the migration says. */
const known = (
  which: string,
  wanted: string,
  room: string,
) => `select c.position, c.id, c.uuid, c.match_key as "matchKey", v.number,
    v.retired, case when sum(octet_length(v.body)) over () <= ${room} then v.body end as body, c.from_source as "from", c.to_source as "to", v.from_concept as "fromConcept",
    v.to_concept as "toConcept"
  from unnest(${wanted}::text[]) as wanted (key)
  cross join lateral (select * from child where source = $1 and ${which} = wanted.key limit 1) c
  join child_version v on v.position = c.head`
const byId: Statement = { name: 'bulk-import.by-id', text: known(`kind || '' = $2 and id`, '$3', '$4::bigint') }
const byMatch: Statement = { name: 'bulk-import.by-match', text: known('match_key', '$2', '$3::bigint') }

/** What an import tells of a child that it changed. `uuid` and `sequence`: those that its own events have. */
export type ChildChange = Pick<Written, 'id' | 'uuid'> & {
  readonly change: Written['verb']
  readonly sequence: number
}

/** The states come as JSON with their rows in it as they are: read as text, such a member stays as it was written. */
const rows = (columns: string) => `json_to_recordset($1) as row(${columns}, retired boolean, search text,
  match_key text, from_source bigint, to_source bigint, from_concept bigint, to_concept bigint, open_from text,
  open_to text, ${facetColumns.map(column => `${column} text`).join(', ')}, body text)`

/** Escapes that Postgres refuses to read, though it keeps them as text: NUL, and halves of surrogate pairs. */
const unknownToJson = /\\u(?:0000|d[89a-f])/

/** Positions follow the order of the lines: exports have children in the order of creation. */
const insert: Statement = {
  name: 'bulk-import.insert-children',
  text: `with rows as materialized (
      select nextval('child_position_seq') as position, nextval('child_version_position_seq') as head, row.*
      from ${rows('id text, uuid uuid')}
    ), made as (
      insert into child (position, source, kind, id, uuid, head, retired, search, match_key, from_source, to_source,
        created_on, updated_on, open_from, open_to, ${facetColumns.join(', ')})
      overriding system value
      select position, $2, $3, id, uuid, head, retired, search, match_key, from_source, to_source, $4, $4, open_from,
        open_to, ${facetColumns.join(', ')}
      from rows
    )
    insert into child_version (position, child, number, retired, updated_on, body, from_concept, to_concept)
    overriding system value
    select head, position, 1, retired, $4, body, from_concept, to_concept from rows`,
}
const revise: Statement = {
  name: 'bulk-import.revise-children',
  text: `with rows as materialized (
      select nextval('child_version_position_seq') as head, row.* from ${rows('position bigint, number integer')}
    ), made as (
      insert into child_version (position, child, number, retired, updated_on, body, from_concept, to_concept)
      overriding system value
      select head, position, number, retired, $2, body, from_concept, to_concept from rows
    )
    update child c set head = rows.head, number = rows.number, retired = rows.retired, updated_on = $2,
      search = rows.search, match_key = rows.match_key, from_source = rows.from_source, to_source = rows.to_source,
      open_from = rows.open_from, open_to = rows.open_to,
      ${facetColumns.map(column => `${column} = rows.${column}`).join(', ')}
    from rows where c.position = rows.position`,
}

const places = 'unnest($1::text[], $2::text[], $3::text[]) with ordinality as wanted (owner_type, owner, source, place)'
const lock: Statement = {
  name: 'bulk-import.lock-sources',
  text: `select s.position from source s
    join ${places} on s.owner_type = wanted.owner_type and s.owner = wanted.owner and s.id = wanted.source
    order by s.position for update of s`,
}
const there: Statement = {
  name: 'bulk-import.concepts-there',
  text: `select (wanted.place - 1)::integer as index
    from unnest($1::text[], $2::text[], $3::text[], $4::text[])
      with ordinality as wanted (owner_type, owner, source, id, place)
    join source s on s.owner_type = wanted.owner_type and s.owner = wanted.owner and s.id = wanted.source
    cross join lateral (
      select from child where source = s.position and kind || '' = 'concept' and id = wanted.id limit 1
    ) c`,
}
const columnsOf = (targets: readonly SourceTarget[]) => [
  targets.map(({ ownerType }) => ownerType),
  targets.map(({ owner }) => owner),
  targets.map(({ source }) => source),
]

/** Locks several sources, as far as they are there, in the order of their positions as everybody does. */
export async function lockTargets(tx: Queryable, targets: readonly SourceTarget[]): Promise<void> {
  await tx.query(lock, columnsOf(targets))
}

/** The places of those of these concepts that are there. */
export async function conceptsThere(
  tx: Queryable,
  wanted: readonly { readonly target: SourceTarget; readonly id: string }[],
): Promise<number[]> {
  if (wanted.length === 0) return []
  const values = [...columnsOf(wanted.map(({ target }) => target)), wanted.map(({ id }) => id)]
  return (await tx.query<{ index: number }>(there, values)).map(({ index }) => index)
}

/** Bytes of what is there of the rows of a batch, without room for it. */
const knownBytes = 4_194_304
const roomFor = (room: number) => Math.max(knownBytes, Math.min(room, Number.MAX_SAFE_INTEGER))

type FoundChild = Omit<KnownChild, 'body'> & { readonly body: string | null }

/** @throws `roomNeeded` when there is more of them than there is room for */
export async function childrenById({ tx, source, room }: Place, kind: ChildKind, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, KnownChild>()
  const found = await tx.query<FoundChild>(byId, [source.position, kind, ids, roomFor(room)])
  return new Map(found.map(child => [child.id, withBody(child)]))
}

/** @throws `roomNeeded` as `childrenById` */
export async function mappingsByMatch({ tx, source, room }: Place, keys: readonly string[]) {
  if (keys.length === 0) return new Map<string, KnownChild>()
  const found = await tx.query<FoundChild>(byMatch, [source.position, keys, roomFor(room)])
  return new Map(found.map(child => [child.matchKey as string, withBody(child)]))
}

function withBody({ body, ...child }: FoundChild): KnownChild {
  if (body === null) throw roomNeeded(knownBytes)
  return { ...child, body }
}

/**
 * Writes new children and new states in a few statements whatever their number. They are what single writes would have made
 * of them, but share one tick of the clock. No child may come twice. Returns what is to be told of them.
 * @throws `too_large` for a row that is longer than rows may be, whichever it is of these
 */
export async function writeChildren<Values, Content extends { readonly retired: boolean }>(
  change: Change,
  kind: ChildKind,
  writes: readonly ChildWrite<Values, Content>[],
): Promise<ChildChange[]> {
  if (writes.length === 0) return []
  const { tx, source } = change
  let active = 0
  for (const { stored, content } of writes) active += Number(stored?.retired ?? true) - Number(content.retired)
  const now = await tickClock(tx, source.position, kind, active)
  const changes: ChildChange[] = []
  const born: string[] = []
  const revised: string[] = []
  for (const { rules, id, stored, content, comment } of writes) {
    const written = stored
      ? nextState(rules, change, id, stored, content, comment, now)
      : firstState(rules, change, id, content, comment, now)
    requireRoom(written)
    changes.push({ id, uuid: written.uuid, change: written.verb, sequence: written.number })
    if (stored) revised.push(recordOf({ position: stored.position, number: written.number }, written))
    else born.push(recordOf({ id, uuid: written.uuid }, written))
  }
  if (born.length > 0) await tx.query(insert, [`[${born.join(',')}]`, source.position, kind, now])
  if (revised.length > 0) await tx.query(revise, [`[${revised.join(',')}]`, now])
  return changes
}

function recordOf(key: object, { state: { retired, search, facets, links, body } }: Written): string {
  const columns = {
    ...key,
    retired,
    // Half a surrogate pair is no text for Postgres.
    search: search.toWellFormed(),
    match_key: links?.matchKey,
    from_source: links?.fromSource,
    to_source: links?.toSource,
    from_concept: links?.fromConcept,
    to_concept: links?.toConcept,
    open_from: links?.openFrom,
    open_to: links?.openTo,
    ...facets,
  }
  const row = unknownToJson.test(body) ? JSON.stringify(body) : body
  return `${JSON.stringify(columns).slice(0, -1)},"body":${row}}`
}
