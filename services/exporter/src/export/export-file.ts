import { zipEntry } from '@slipway/blobs'
import type { Store } from '@slipway/store'
import { sql } from 'kysely'
import { type ArrayPart, jsonWithArrays } from '../json-stream.ts'
import type { SourceRow } from '../source/source.store.ts'
import type { VersionRow } from '../source-version/version.store.ts'
import { sourceOf, versionHeader } from '../source-version/version.ts'
import { prepare } from '../sql.ts'

const batchRows = 250
/** Of more than one row, so that few are held when they are large. */
const batchBytes = 4_194_304
/** Content from which on the archive needs its large form; quotes and commas come on top. */
const zip64From = 3_500_000_000

type Batch = { readonly version: number; readonly kind: 'concept' | 'mapping'; readonly after: number }

/** Members in the order of creation, by key: no more is held than a batch, and none is skipped or repeated. */
const batchOf = (name: string, isActive: boolean) =>
  prepare<Batch>()(name, (db, p) => {
    const members = db
      .selectFrom('member as m')
      .innerJoin('child_version as v', 'v.position', 'm.child_version')
      .select(['m.child', 'v.body'])
      .where('m.version', '=', p.version)
      .where('m.kind', '=', p.kind)
      .where('m.child', '>', p.after)
      .$if(isActive, q => q.where(({ not, ref }) => not(ref('v.retired'))))
      .orderBy('m.child')
      .limit(sql.lit(batchRows))
    return sql<{ last: number | null; bodies: string | null }>`
      select max(child) as last, string_agg(body, ',' order by child) as bodies
      from (
        select child, body, row_number() over so_far as number, sum(octet_length(body)) over so_far as bytes
        from ${members} members
        window so_far as (order by child)
      ) batch
      where number = 1 or bytes <= ${batchBytes}`
  })
const all = batchOf('export.batch', false)
const active = batchOf('export.active-batch', true)

async function* membersOf(
  store: Store,
  version: number,
  kind: 'concept' | 'mapping',
  array: number,
  batch: typeof all,
): AsyncGenerator<ArrayPart, void, void> {
  let after = 0
  for (;;) {
    const [row] = await store.read(batch, { version, kind, after })
    if (!row?.bodies || row.last === null) return
    yield { array, rows: [row.bodies] }
    after = row.last
  }
}

/**
 * The content of `export.json`. Readers of all years live on its order: `type` is first, an object stands before
 * `concepts`, those come before `mappings`, and both are there. `activeOnly`: without what is retired.
 */
function exportFile(
  store: Store,
  version: VersionRow,
  source: SourceRow,
  activeOnly: boolean,
): AsyncIterable<Uint8Array> {
  const batch = activeOnly ? active : all
  const started = performance.now()
  const head = JSON.stringify({ ...versionHeader(version, source), source: sourceOf(version, source) })
  // The reader of another platform knows an export by these very bytes.
  const spaced = head.replace('{"type":"Source Version"', '{"type": "Source Version"')
  async function* members() {
    yield* membersOf(store, version.position, 'concept', 0, batch)
    yield* membersOf(store, version.position, 'mapping', 1, batch)
  }
  async function* content() {
    yield* jsonWithArrays(spaced, ['concepts', 'mappings'], members(), '')
    const seconds = ((performance.now() - started) / 1000).toFixed(2)
    yield Buffer.from(`,"export_time":"${seconds}secs"}`)
  }
  return content()
}

/** The archive with that content. */
export const exportArchive = (store: Store, version: VersionRow, source: SourceRow, activeOnly = false) =>
  zipEntry('export.json', exportFile(store, version, source, activeOnly), {
    modified: new Date(version.last_updated),
    zip64: version.member_bytes > zip64From,
  })
