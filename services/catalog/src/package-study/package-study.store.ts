import { releasePackageEvents } from '@slipway/contracts'
import { emit, type Queryable } from '@slipway/store'
import { packageState } from '../package/package-change.ts'
import type { Author, AuthorParameters } from '../package/package-write.ts'
import { prepare } from '../sql.ts'

const find = prepare<{ id: number }>()('package-study.find', (db, p) =>
  db
    .selectFrom('release_package as package')
    .leftJoin('package_study as bound', 'bound.release_package_id', 'package.release_package_id')
    .select(['member', 'study'])
    .where('package.release_package_id', '=', p.id)
    .where('inactive_at', 'is', null),
)

/** A package that was taken away keeps no study from others. */
const free = prepare<{ study: string }>()('package-study.free', (db, p) =>
  db
    .deleteFrom('package_study as bound')
    .using('release_package as package')
    .where('bound.study', '=', p.study)
    .whereRef('package.release_package_id', '=', 'bound.release_package_id')
    .where('package.inactive_at', 'is not', null),
)
const bind = prepare<{ id: number; study: string; baseUrl: string }>()('package-study.bind', (db, p) =>
  db
    .insertInto('package_study')
    .values({ release_package_id: p.id, study: p.study, base_url: p.baseUrl })
    .onConflict(taken =>
      taken
        .column('release_package_id')
        .doUpdateSet(eb => ({ study: eb.ref('excluded.study'), base_url: eb.ref('excluded.base_url') })),
    ),
)
const unbind = prepare<{ id: number }>()('package-study.unbind', (db, p) =>
  db.deleteFrom('package_study').where('release_package_id', '=', p.id),
)

type Telling = Pick<AuthorParameters, 'actor' | 'traceparent'> & { readonly id: number }
const tell = prepare<Telling>()('package-study.tell', (db, p) =>
  db
    .with('changed', q =>
      q
        .updateTable('release_package')
        .set(eb => ({ seq: eb('seq', '+', 1) }))
        .where('release_package_id', '=', p.id)
        .returningAll(),
    )
    .with('told', q =>
      emit(
        q,
        releasePackageEvents.updated,
        q
          .selectFrom('changed')
          .select(eb => [
            eb.cast<string>('release_package_id', 'text').as('aggregate'),
            'seq as sequence',
            p.actor.as('actor'),
            p.traceparent.as('traceparent'),
            packageState.as('data'),
          ]),
      ),
    )
    .selectFrom('changed')
    .select('seq'),
)

const bound = prepare<{ studies: readonly string[] }>()('package-study.bound', (db, p) =>
  db
    .selectFrom('package_study as bound')
    .innerJoin('release_package as package', 'package.release_package_id', 'bound.release_package_id')
    .select(['package.release_package_id as releasePackageId', 'study', 'base_url as baseUrl'])
    .where('study', '=', eb => eb.fn.any(p.studies))
    .where('inactive_at', 'is', null)
    .orderBy('package.release_package_id'),
)

export type PackageStudy = { readonly member: string; readonly study: string | null }

/** Undefined: there is no such package. */
export async function findPackageStudy(read: Queryable['query'], id: number): Promise<PackageStudy | undefined> {
  const [row] = await read(find, { id })
  return row
}

/** @throws a violation of `package_study_once` if another package has the study */
export async function bindPackage(
  tx: Queryable,
  id: number,
  { study, baseUrl }: { readonly study: string; readonly baseUrl: string },
  { actor, traceparent }: Author,
): Promise<void> {
  await tx.query(free, { study })
  await tx.query(bind, { id, study, baseUrl })
  await tx.query(tell, { id, actor, traceparent })
}

export async function unbindPackage(tx: Queryable, id: number, { actor, traceparent }: Author): Promise<void> {
  await tx.query(unbind, { id })
  await tx.query(tell, { id, actor, traceparent })
}

export type BoundPackage = { readonly releasePackageId: number; readonly study: string; readonly baseUrl: string }

/** The packages of studies, in the order in which packages are locked. */
export const boundPackages = (tx: Queryable, studies: readonly string[]): Promise<BoundPackage[]> =>
  tx.query(bound, { studies })
