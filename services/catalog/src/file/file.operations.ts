import type { OperationHandler } from '@slipway/bus'
import { failure, platformFileScheme, releaseFileOperations, viewerOf } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Queryable, Store } from '@slipway/store'
import { accessDenied, notFound } from '../member/viewer.ts'
import { entityTag } from '../package/entity-tag.ts'
import { type Author, type Changed, lockPackage, packageWrite } from '../package/package-write.ts'
import { sightOf } from '../package/visibility.ts'
import { lockVersion } from '../version/lock-version.ts'
import { insertFile, type Place, removeFile, updateFile } from './file.store.ts'
import { type FileTarget, originOf, readFile } from './file-reads.ts'

const { get, check, create, update, delete: remove } = releaseFileOperations

/** What tells a file of SNOMED International from one that lies elsewhere, as in MLDS. */
const internationalOrigin = 'ihtsdo'

/** Files of versions. */
export function releaseFileHandlers(store: Store): OperationHandler[] {
  return [
    handlerOf(get, async (target, { identity }) => {
      const sight = sightOf(viewerOf(identity))
      const shown = await readFile(store.read, target, sight)
      if (!shown) throw notFound()
      if (!sight.states.includes(shown.state)) throw accessDenied()
      return { headers: { ETag: entityTag(shown.revision, sight) }, body: { raw: shown.body } }
    }),
    handlerOf(check, async (target, { identity }) => {
      const origin = await originOf(store.read, target)
      if (!origin || !sightOf(viewerOf(identity)).states.includes(origin.state)) throw notFound()
      return { body: origin.url?.includes(internationalOrigin) ?? false }
    }),
    packageWrite(store, create, async (tx, { body, ...path }, author) => {
      const place = await placeOf(tx, path, author)
      refusePlatformFile(body.downloadUrl)
      const releaseFileId = await insertFile(tx, place, body)
      return shownToAuthor(tx, { ...path, releaseFileId }, author)
    }),
    packageWrite(store, update, async (tx, { body, ifMatch, ...path }, author) => {
      const place = await placeOf(tx, path, author, ifMatch)
      const { releaseFileId, ...fields } = body
      if (fields.downloadUrl !== (await originOf(tx.query, { ...path, releaseFileId }))?.url) {
        refusePlatformFile(fields.downloadUrl)
      }
      if (!(await updateFile(tx, place, releaseFileId, fields))) throw notFound()
      return shownToAuthor(tx, { ...path, releaseFileId }, author)
    }),
    packageWrite(store, remove, async (tx, { releaseFileId, ifMatch, ...path }, author) => {
      const place = await placeOf(tx, path, author, ifMatch)
      if (!(await removeFile(tx, place, releaseFileId))) throw notFound()
      return {}
    }),
  ]
}

/** Files that the platform keeps come from releases; by an address of one, people could have those of others. */
function refusePlatformFile(address: string | null | undefined): void {
  if (address?.toLowerCase().startsWith(platformFileScheme)) {
    throw failure('invalid', 'downloadUrl: must be an absolute URL of http, https or s3')
  }
}

/** @throws `not_found` unless the package has the version, `forbidden`, `precondition_failed` */
async function placeOf(
  tx: Queryable,
  { releasePackageId, releaseVersionId }: Omit<FileTarget, 'releaseFileId'>,
  author: Author,
  ifMatch?: string | undefined,
): Promise<Place> {
  const parent = await lockPackage(tx, releasePackageId, author, ifMatch)
  if (!(await lockVersion(tx, releaseVersionId, parent))) throw notFound()
  return { parent, releaseVersionId, author }
}

async function shownToAuthor(tx: Queryable, target: FileTarget, { viewer }: Author): Promise<Changed> {
  const sight = sightOf(viewer)
  const shown = await readFile(tx.query, target, sight)
  if (!shown) throw notFound()
  return { headers: { ETag: entityTag(shown.revision, sight) }, body: shown.body }
}
