import type { PublicationState } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import type { PackageRow } from '../package/package-write.ts'
import { prepare } from '../sql.ts'

export type VersionValues = {
  readonly name: string | null
  readonly description: string | null
  readonly summary: string | null
  readonly release_type: string
  readonly published_at: string | null
  readonly version_uri: string | null
  readonly version_dependent_uri: string | null
  readonly version_dependent_derivative_uri: string | null
  readonly package_type: string | null
}
export type VersionRow = VersionValues & {
  readonly release_version_id: number
  readonly state: PublicationState
  readonly archive: boolean
  /** In UTC, by the clock of the database. */
  readonly today: string
}

const lock = prepare<{ id: number; package: number }>()('version.lock', (db, given) =>
  db
    .selectFrom('release_version')
    .select(['release_version_id', 'name', 'description', 'summary', 'release_type', 'published_at', 'version_uri'])
    .select(['version_dependent_uri', 'version_dependent_derivative_uri', 'package_type', 'archive'])
    .select(c => [
      c.ref('state').$castTo<PublicationState>().as('state'),
      sql<string>`to_char(now() at time zone 'UTC', 'YYYY-MM-DD')`.as('today'),
    ])
    .where('release_version_id', '=', given.id)
    .where('release_package_id', '=', given.package)
    .forNoKeyUpdate(),
)

/** A version of a package that is locked; undefined when it has no such version. */
export async function lockVersion(tx: Queryable, id: number, parent: PackageRow): Promise<VersionRow | undefined> {
  const [row] = await tx.query(lock, { id, package: parent.release_package_id })
  return row
}
