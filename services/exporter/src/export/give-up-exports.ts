import type { Queryable } from '@slipway/store'
import type { SourceRow } from '../source/source.store.ts'
import { versionAt } from '../source-version/version.store.ts'
import { prepare } from '../sql.ts'
import { clearExport } from './export.store.ts'
import { type ExportCause, tellExport } from './export-events.ts'

/** Locked, so that none of them is finished meanwhile. */
const underWay = prepare<{ source: number }>()('export.under-way', (db, p) =>
  db
    .selectFrom('export as e')
    .innerJoin('source_version as v', 'v.position', 'e.version')
    .select('e.version')
    .where('v.source', '=', p.source)
    .where('e.state', 'in', ['queued', 'running'])
    .orderBy('e.version')
    .forUpdate('e'),
)

/** Gives up, and tells of it, the exports under way of a source that is being deleted: their jobs go with it. */
export async function giveUpExports(tx: Queryable, source: SourceRow, cause: ExportCause): Promise<void> {
  for (const { version: position } of await tx.query(underWay, { source: source.position })) {
    const version = await versionAt(tx.query, position)
    const sequence = await clearExport(tx, position)
    if (version) await tellExport(tx, 'deleted', { version, source }, sequence, cause, {})
  }
}
