import type { PublicationState } from '@slipway/contracts'
import { byShape, type Parameters, type Queryable } from '@slipway/store'
import type { Kysely } from 'kysely'
import type { Database } from '../database.ts'
import { fileBody } from '../package/representation.ts'
import type { Sight } from '../package/visibility.ts'
import { prepare } from '../sql.ts'

export type FileTarget = {
  readonly releasePackageId: number
  readonly releaseVersionId: number
  readonly releaseFileId: number
}
export type ShownFile = {
  readonly body: string
  readonly state: PublicationState
  readonly revision: number
}

const inPackage = (db: Kysely<Database>, p: Parameters<FileTarget>) =>
  db
    .selectFrom('release_file as file')
    .innerJoin('release_version as version', 'version.release_version_id', 'file.release_version_id')
    .innerJoin('release_package as package', 'package.release_package_id', 'version.release_package_id')
    .select(eb => eb.ref('version.state').$castTo<PublicationState>().as('state'))
    .where('file.release_file_id', '=', p.releaseFileId)
    .where('version.release_version_id', '=', p.releaseVersionId)
    .where('package.release_package_id', '=', p.releasePackageId)
    .where('package.inactive_at', 'is', null)

const readOne = byShape(
  ({ name }: Sight) => `file.read-${name}`,
  (name, sight) =>
    prepare<FileTarget>()(name, (db, p) => inPackage(db, p).select([fileBody(sight).as('body'), 'package.revision'])),
)

/** A file at its path; undefined when one of its parents is another one. */
export async function readFile(
  read: Queryable['query'],
  target: FileTarget,
  sight: Sight,
): Promise<ShownFile | undefined> {
  const [shown] = await read(readOne(sight), target)
  return shown
}

export type FileOrigin = { readonly url: string | null; readonly state: PublicationState }

const origin = prepare<FileTarget>()('file.origin', (db, p) => inPackage(db, p).select('file.download_url as url'))

/** Where the bytes lie; undefined when there is no such file. */
export async function originOf(read: Queryable['query'], target: FileTarget): Promise<FileOrigin | undefined> {
  const [row] = await read(origin, target)
  return row
}
