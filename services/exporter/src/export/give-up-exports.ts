import type { Queryable, Statement } from '@slipway/store'
import type { SourceRow } from '../source/source.store.ts'
import { versionAt } from '../source-version/version.store.ts'
import { clearExport } from './export.store.ts'
import { type ExportCause, tellExport } from './export-events.ts'

/** Locked, so that none of them is finished meanwhile. */
const underWay: Statement = {
  name: 'export.under-way',
  text: `
    select e.version from export e join source_version v on v.position = e.version
    where v.source = $1 and e.state in ('queued', 'running') order by e.version for update of e`,
}

/** Gives up, and tells of it, the exports under way of a source that is being deleted: their jobs go with it. */
export async function giveUpExports(tx: Queryable, source: SourceRow, cause: ExportCause): Promise<void> {
  for (const { version: position } of await tx.query<{ version: number }>(underWay, [source.position])) {
    const version = await versionAt(tx.query, position)
    const sequence = await clearExport(tx, position)
    if (version) await tellExport(tx, 'deleted', { version, source }, sequence, cause, {})
  }
}
