import type { PublicationState } from '@slipway/contracts'
import { byShape, type Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { versionBody } from '../package/representation.ts'
import type { Sight } from '../package/visibility.ts'
import { prepare } from '../sql.ts'

export type ShownVersion = {
  readonly body: string
  readonly state: PublicationState
  readonly revision: number
}

const readOne = byShape(
  ({ name }: Sight) => `version.read-${name}`,
  (name, sight) =>
    prepare<{ id: number; package: number }>()(name, (db, p) =>
      db
        .selectFrom('release_version as version')
        .innerJoin('release_package as package', 'package.release_package_id', 'version.release_package_id')
        .select(eb => [
          versionBody(sight).as('body'),
          eb.ref('version.state').$castTo<PublicationState>().as('state'),
          'package.revision',
        ])
        .where('version.release_version_id', '=', p.id)
        .where('package.release_package_id', '=', p.package)
        .where('package.inactive_at', 'is', null),
    ),
)

/** A version of an active package, in whatever state; undefined when the package has no such version. */
export async function readVersion(
  read: Queryable['query'],
  id: number,
  packageId: number,
  sight: Sight,
): Promise<ShownVersion | undefined> {
  const [shown] = await read(readOne(sight), { id, package: packageId })
  return shown
}

const packageOf = prepare<{ id: number }>()('version.package', (db, p) =>
  db
    .selectFrom('release_version as version')
    .innerJoin('release_package as package', 'package.release_package_id', 'version.release_package_id')
    .select('package.release_package_id as id')
    .where('release_version_id', '=', p.id)
    .where('inactive_at', 'is', null),
)

/** The active package that a version is in. */
export async function packageOfVersion(read: Queryable['query'], id: number): Promise<number | undefined> {
  const [row] = await read(packageOf, { id })
  return row?.id
}

const dependents = prepare<{ id: number }>()('version.dependents', (db, p) =>
  db
    .selectFrom('release_version as version')
    .select(eb => {
      const uri = sql<string>`btrim(${eb.ref('version.version_uri')})`
      return eb
        .exists(
          eb
            .selectFrom('release_version as dependent')
            .innerJoin('release_package as package', 'package.release_package_id', 'dependent.release_package_id')
            .select([])
            .where('package.inactive_at', 'is', null)
            .where(inner =>
              inner.or([
                inner(sql`btrim(${inner.ref('dependent.version_dependent_uri')})`, '=', uri),
                inner(sql`btrim(${inner.ref('dependent.version_dependent_derivative_uri')})`, '=', uri),
              ]),
            ),
        )
        .as('found')
    })
    .where('version.release_version_id', '=', p.id)
    .where(sql`btrim(version.version_uri)`, '<>', ''),
)

/** Whether any version names this one as what it depends on. */
export async function hasDependents(read: Queryable['query'], id: number): Promise<boolean> {
  const [row] = await read(dependents, { id })
  return row?.found === true
}
