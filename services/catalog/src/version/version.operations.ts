import type { OperationHandler } from '@slipway/bus'
import { failure, type ReleaseVersionFields, releaseVersionOperations, viewerOf } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { now, type Queryable, type Store } from '@slipway/store'
import { accessDenied, notFound } from '../member/viewer.ts'
import { entityTag } from '../package/entity-tag.ts'
import { type Author, type Changed, lockPackage, packageWrite } from '../package/package-write.ts'
import { sightOf } from '../package/visibility.ts'
import { inPieces } from '../records/read-handlers.ts'
import { lockVersion, type VersionRow, type VersionValues } from './lock-version.ts'
import { publish } from './publication.ts'
import { archiveVersion, insertVersion, removeVersion, updateVersion } from './version.store.ts'
import { hasDependents, packageOfVersion, readVersion } from './version-reads.ts'

const { get, create, update, delete: remove, archive, checkDependency } = releaseVersionOperations

/** Versions of release packages. */
export function releaseVersionHandlers(store: Store): OperationHandler[] {
  return [
    handlerOf(get, async ({ releasePackageId, releaseVersionId }, { identity }) => {
      const sight = sightOf(viewerOf(identity))
      const shown = await readVersion(store.read, releaseVersionId, releasePackageId, sight)
      if (!shown) throw notFound()
      if (!sight.states.includes(shown.state)) throw accessDenied()
      const headers = { ETag: entityTag(shown.revision, sight) }
      return inPieces(get, shown.body, { headers })
    }),
    handlerOf(checkDependency, async ({ releaseVersionId }) => ({
      body: await hasDependents(store.read, releaseVersionId),
    })),
    packageWrite(store, create, async (tx, { releasePackageId, body }, author) => {
      const parent = await lockPackage(tx, releasePackageId, author)
      const today = new Date(now()).toISOString().slice(0, 10)
      const id = await insertVersion(tx, parent, merged(body, undefined, today), author)
      return shownToAuthor(tx, id, releasePackageId, author)
    }),
    packageWrite(store, update, async (tx, { releasePackageId, releaseVersionId: id, body, ifMatch }, author) => {
      const parent = await lockPackage(tx, releasePackageId, author, ifMatch)
      const before = existing(await lockVersion(tx, id, parent))
      await updateVersion(tx, parent, before, merged(body, before, before.today), author)
      return shownToAuthor(tx, id, releasePackageId, author)
    }),
    packageWrite(store, remove, async (tx, { releasePackageId, releaseVersionId, ifMatch }, author) => {
      const parent = await lockPackage(tx, releasePackageId, author, ifMatch)
      const before = existing(await lockVersion(tx, releaseVersionId, parent))
      if (before.state === 'online') throw failure('conflict', 'The version is online')
      await removeVersion(tx, parent, before, author)
      return {}
    }),
    packageWrite(store, archive, async (tx, { releaseVersionId: id, archive: archived }, author) => {
      const releasePackageId = await packageOfVersion(tx.query, id)
      if (releasePackageId === undefined) throw notFound()
      const parent = await lockPackage(tx, releasePackageId, author)
      const before = existing(await lockVersion(tx, id, parent))
      if (before.archive !== archived) await archiveVersion(tx, parent, before, archived, author)
      return shownToAuthor(tx, id, releasePackageId, author)
    }),
  ]
}

function existing(row: VersionRow | undefined): VersionRow {
  if (!row) throw notFound()
  return row
}

/** What a version is after a request: what was not sent stays, or is null in a new one. */
function merged(sent: ReleaseVersionFields, before: VersionRow | undefined, today: string): VersionValues {
  const stored = before && { releaseType: before.release_type, publishedAt: before.published_at }
  const { releaseType, publishedAt } = publish(sent, stored, today)
  const value = <Value>(given: Value | undefined, old: Value | undefined): Value | null =>
    given === undefined ? (old ?? null) : given
  return {
    name: value(sent.name, before?.name),
    description: value(sent.description, before?.description),
    summary: value(sent.summary, before?.summary),
    release_type: releaseType,
    published_at: publishedAt,
    version_uri: value(sent.versionURI, before?.version_uri),
    version_dependent_uri: value(sent.versionDependentURI, before?.version_dependent_uri),
    version_dependent_derivative_uri: value(
      sent.versionDependentDerivativeURI,
      before?.version_dependent_derivative_uri,
    ),
    package_type: value(sent.packageType, before?.package_type),
  }
}

async function shownToAuthor(tx: Queryable, id: number, packageId: number, { viewer }: Author): Promise<Changed> {
  const sight = sightOf(viewer)
  const shown = await readVersion(tx.query, id, packageId, sight)
  if (!shown) throw notFound()
  return { headers: { ETag: entityTag(shown.revision, sight) }, body: shown.body }
}
