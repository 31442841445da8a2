import { appendEvents, type Store, type Tx } from '@slipway/store'
import { queueExport } from '../export/export.store.ts'
import { tellExport } from '../export/export-events.ts'
import { type SourceRow, sourceAt } from '../source/source.store.ts'
import { sourceDetail } from '../source/source.ts'
import { isVersionTaken, newestVersion, type VersionRow, versionAt } from '../source-version/version.store.ts'
import { versionEventData } from '../source-version/version.ts'
import { freezeVersion } from '../source-version/write-version.store.ts'
import { noteCut, type ReleaseTask } from './release-task.store.ts'
import { impossible, mostSources } from './release-task.ts'
import { addVersion, boundSources, lockBoundSource, versionCutBefore } from './release-version.store.ts'

/** Author of what is done for releases. */
export const releaseActor = 'slipway-exporter'
const cause = { actor: releaseActor }

/** Characters of a source's name that go into the label of its file. */
const mostLabel = 200
/** Thrown to undo a cut that nobody wants any more. */
const unwanted = Symbol('unwanted')

/**
 * Cuts a version of every source that is bound to a study of the release, named after the release, and has it exported:
 * all of them in one transaction, or none. The task is not locked meanwhile, so that a cancel is answered at once; it
 * undoes the cut, as does another process that was faster.
 * @throws `conflict`, `invalid`: it cannot be done, however often it is tried
 */
export async function cutVersions(store: Store, task: ReleaseTask, kickExports: () => void): Promise<void> {
  try {
    await store.transaction(async tx => {
      const sources = await boundSources(tx.query, task.studies, mostSources + 1)
      if (sources.length > mostSources) throw impossible(`more than ${mostSources} sources are bound to its studies`)
      // In the order of their positions, as everybody who locks several.
      for (const { position } of sources) {
        const study = await lockBoundSource(tx, position)
        const source = await sourceAt(tx.query, position)
        if (source && study && task.studies.includes(study)) await cut(tx, task, source, study)
      }
      if (!(await noteCut(tx, task))) throw unwanted
      tx.afterCommit(kickExports)
    })
  } catch (error) {
    if (error !== unwanted) throw error
  }
}

async function cut(tx: Tx, { task, release }: ReleaseTask, source: SourceRow, study: string): Promise<void> {
  const label = `${source.full_name.slice(0, mostLabel)} (${release})`
  const before = await versionCutBefore(tx, source.position, release)
  const version = before ?? (await cutOne(tx, release, source, study))
  await addVersion(tx, task, { source: source.uuid, study, version, label })
}

async function cutOne(tx: Tx, release: string, source: SourceRow, study: string): Promise<number> {
  const detail = sourceDetail(source)
  if (await isVersionTaken(tx, source.position, release)) {
    throw impossible(`${detail.url} has a version ${release} that was not cut for the release`)
  }
  const { description, external_id } = source
  const previous = (await newestVersion(tx, source.position)) ?? null
  const extras = { release_id: release, study_id: study }
  const values = {
    released: false,
    description,
    external_id,
    version_external_id: null,
    extras,
    previous,
    parent: null,
  }
  const position = await freezeVersion(tx, source.position, release, values, detail, releaseActor)
  const sequence = await queueExport(tx, position, 'command')
  const version = (await versionAt(tx.query, position)) as VersionRow
  await tellVersion(tx, 'created', version, source, 1)
  await tellExport(tx, 'queued', { version, source }, sequence, cause, {})
  return position
}

export async function tellVersion(
  tx: Tx,
  verb: 'created' | 'updated' | 'deleted',
  version: VersionRow,
  source: SourceRow,
  sequence: number,
): Promise<void> {
  const data = versionEventData(version, source)
  await appendEvents(tx, [{ noun: 'source-version', verb, aggregate: version.uuid, sequence, ...cause, data }])
}
