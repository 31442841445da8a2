import { releasePackageEvents } from '@slipway/contracts'
import { type AnyTx, outboxColumns, type Queryable, type Statement } from '@slipway/store'
import type { Author } from '../package/package-write.ts'

const find: Statement = {
  name: 'package-study.find',
  text: `select member, study from release_package left join package_study using (release_package_id)
    where release_package_id = $1 and inactive_at is null`,
}

/** A package that was taken away keeps no study from others. */
const free: Statement = {
  name: 'package-study.free',
  text: `delete from package_study s using release_package p
    where s.study = $1 and p.release_package_id = s.release_package_id and p.inactive_at is not null`,
}
const bind: Statement = {
  name: 'package-study.bind',
  text: `insert into package_study (release_package_id, study, base_url) values ($1, $2, $3)
    on conflict (release_package_id) do update set study = excluded.study, base_url = excluded.base_url`,
}
const unbind: Statement = {
  name: 'package-study.unbind',
  text: 'delete from package_study where release_package_id = $1',
}

const { noun, verb } = releasePackageEvents.updated
const tell: Statement = {
  name: 'package-study.tell',
  text: `with changed as (
      update release_package set seq = seq + 1 where release_package_id = $1 returning *
    )
    insert into platform.outbox (${outboxColumns})
    select '${noun}', '${verb}', release_package_id::text, seq, $2, $3,
      json_build_object('release_package_id', release_package_id, 'member', member, 'priority', priority,
        'licensed', license_updated_at is not null)
    from changed`,
}

const bound: Statement = {
  name: 'package-study.bound',
  text: `select release_package_id as "releasePackageId", study, base_url as "baseUrl"
    from package_study join release_package using (release_package_id)
    where study = any($1) and inactive_at is null order by release_package_id`,
}

export type PackageStudy = { readonly member: string; readonly study: string | null }

/** Undefined: there is no such package. */
export async function findPackageStudy(read: Queryable['query'], id: number): Promise<PackageStudy | undefined> {
  const [row] = await read<PackageStudy>(find, [id])
  return row
}

/** @throws a violation of `package_study_once` if another package has the study */
export async function bindPackage(
  tx: AnyTx,
  id: number,
  { study, baseUrl }: { readonly study: string; readonly baseUrl: string },
  author: Author,
): Promise<void> {
  await tx.query(free, [study])
  await tx.query(bind, [id, study, baseUrl])
  await tx.query(tell, [id, author.actor, author.traceparent])
}

export async function unbindPackage(tx: AnyTx, id: number, { actor, traceparent }: Author): Promise<void> {
  await tx.query(unbind, [id])
  await tx.query(tell, [id, actor, traceparent])
}

export type BoundPackage = { readonly releasePackageId: number; readonly study: string; readonly baseUrl: string }

/** The packages of studies, in the order in which packages are locked. */
export const boundPackages = (tx: AnyTx, studies: readonly string[]) => tx.query<BoundPackage>(bound, [studies])
