import type { EventDataOf, exportEvents } from '@slipway/contracts'
import { appendEvents, type Queryable } from '@slipway/store'
import { sourceUrl } from '../paths.ts'
import type { SourceRow } from '../source/source.store.ts'
import { targetOf } from '../source/source.ts'
import type { VersionRow } from '../source-version/version.store.ts'
import { versionUrl } from '../source-version/version.ts'
import { exportTask } from './export.store.ts'

type Verb = keyof typeof exportEvents
type Common = 'version_url' | 'version' | 'source_url' | 'public_access' | 'task_id'
type Extra<V extends Verb> = Omit<EventDataOf<(typeof exportEvents)[V]>, Common>

export type ExportCause = { readonly actor: string; readonly traceparent?: string | undefined }

/**
 * Tells of the export of a version, in the transaction that changed it and under the number it got there. The subject is
 * the job that made or makes it: each is a story of its own.
 */
export async function tellExport<V extends Verb>(
  tx: Queryable,
  verb: V,
  { version, source }: { readonly version: VersionRow; readonly source: SourceRow },
  sequence: number,
  cause: ExportCause,
  extra: Extra<V>,
): Promise<void> {
  const url = sourceUrl(targetOf(source))
  const task = await exportTask(tx.query, version.position)
  const data = {
    version_url: versionUrl(url, version.id),
    version: version.id,
    source_url: url,
    public_access: source.public_access,
    task_id: task,
    ...extra,
  }
  await appendEvents(tx, [{ noun: 'export', verb, aggregate: task, sequence, ...cause, data }])
}
