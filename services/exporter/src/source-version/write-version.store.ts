import type { Parameters, Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { refuseReaderWords } from '../reader-words.ts'
import type { SourceDetail } from '../source/source.ts'
import { isoMs, nowMs, prepare, type RowOf } from '../sql.ts'

export type VersionValues = {
  readonly released: boolean
  readonly description: string | null
  readonly external_id: string | null
  readonly version_external_id: string | null
  readonly extras: Readonly<Record<string, unknown>>
  readonly previous: number | null
  readonly parent: number | null
}

const fields = (p: Parameters<VersionValues>) => ({
  released: p.released,
  description: p.description,
  external_id: p.external_id,
  version_external_id: p.version_external_id,
  extras: p.extras,
  previous_version: p.previous,
  parent_version: p.parent,
})

const clock = prepare<{ source: number }>()('version.clock', (db, p) =>
  db
    .updateTable('source')
    .set(eb => ({ clock: eb.fn<string>('greatest', [nowMs, 'clock']), versions: eb('versions', '+', 1) }))
    .where('position', '=', p.source)
    .returning(({ ref }) => isoMs(ref('clock')).as('now')),
)
type Inserted = VersionValues & {
  readonly source: number
  readonly id: string
  readonly snapshot: SourceDetail
  readonly now: string
  readonly actor: string
}
const insert = prepare<Inserted>()('version.insert', (db, p) => {
  const { source, id, snapshot, now, actor } = p
  const made = { last_updated: now, created_on: now, created_by: actor, updated_on: now, updated_by: actor }
  return db
    .insertInto('source_version')
    .values({ source, id, ...fields(p), snapshot, ...made })
    .returning('position')
})
/** Freezes what is live now. The lock of the source is held. */
const freeze = prepare<{ version: number; source: number }>()('version.freeze', (db, p) =>
  db
    .insertInto('member')
    .columns(['version', 'kind', 'child', 'child_version'])
    .expression(eb =>
      eb
        .selectFrom('child')
        .select([p.version.as('version'), 'kind', 'position', 'head'])
        .where('source', '=', p.source),
    ),
)
const summarise = prepare<{ version: number }>()('version.summarise', (db, p) =>
  db
    .updateTable('source_version as v')
    .from(eb =>
      eb
        .selectFrom('member as m')
        .innerJoin('child_version as c', 'c.position', 'm.child_version')
        .where('m.version', '=', p.version)
        .select(({ and, eb, fn, not, ref }) => {
          const all = (kind: string) => fn.countAll<number>().filterWhere('m.kind', '=', kind)
          const active = (kind: string) =>
            fn.countAll<number>().filterWhere(and([eb('m.kind', '=', kind), not(ref('c.retired'))]))
          const bytes = fn.coalesce(fn.sum<number>(fn<number>('octet_length', ['c.body'])), sql.lit(0))
          return [
            active('concept').as('concepts'),
            active('mapping').as('mappings'),
            all('concept').as('all_concepts'),
            all('mapping').as('all_mappings'),
            bytes.as('bytes'),
            fn.max('c.updated_on').as('last_updated'),
          ]
        })
        .as('s'),
    )
    .set(({ fn, ref }) => ({
      active_concepts: ref('s.concepts'),
      active_mappings: ref('s.mappings'),
      all_concepts: ref('s.all_concepts'),
      all_mappings: ref('s.all_mappings'),
      member_bytes: ref('s.bytes'),
      last_updated: fn.coalesce('s.last_updated', 'v.created_on'),
    }))
    .where('v.position', '=', p.version),
)
type Updated = VersionValues & { readonly position: number; readonly retired: boolean; readonly actor: string }
const update = prepare<Updated>()('version.update', (db, p) =>
  db
    .updateTable('source_version')
    .set(eb => ({
      ...fields(p),
      retired: p.retired,
      updated_on: eb.fn<string>('greatest', [nowMs, 'updated_on']),
      updated_by: p.actor,
      seq: eb('seq', '+', 1),
    }))
    .where('position', '=', p.position),
)
/** Versions that came after it follow the one before it. */
const remove = prepare<{ position: number }>()('version.delete', (db, p) =>
  db
    .with('gone', q => q.deleteFrom('source_version').where('position', '=', p.position).returning('source'))
    .with('skipped', q =>
      q
        .updateTable('source_version as later')
        .from('source_version as deleted')
        .set(({ ref }) => ({ previous_version: ref('deleted.previous_version') }))
        .where('deleted.position', '=', p.position)
        .whereRef('later.previous_version', '=', 'deleted.position'),
    )
    .updateTable('source')
    .from('gone')
    .set(eb => ({ versions: eb('source.versions', '-', 1) }))
    .whereRef('source.position', '=', 'gone.source'),
)

/** Freezes the live state of the source, whose lock is held, and returns the position of the new version. @throws `invalid` */
export async function freezeVersion(
  tx: Queryable,
  source: number,
  id: string,
  values: VersionValues,
  snapshot: SourceDetail,
  actor: string,
): Promise<number> {
  refuseReaderWords({ id, ...values, created_by: actor })
  const [{ now }] = (await tx.query(clock, { source })) as [RowOf<typeof clock>]
  const [{ position }] = (await tx.query(insert, { source, id, ...values, snapshot, now, actor })) as [
    RowOf<typeof insert>,
  ]
  await tx.query(freeze, { version: position, source })
  await tx.query(summarise, { version: position })
  return position
}

export async function updateVersion(
  tx: Queryable,
  position: number,
  values: VersionValues & { readonly retired: boolean },
  actor: string,
): Promise<void> {
  refuseReaderWords({ ...values, updated_by: actor })
  await tx.query(update, { position, ...values, actor })
}

export async function deleteVersion(tx: Queryable, position: number): Promise<void> {
  await tx.query(remove, { position })
}
