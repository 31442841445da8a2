import { releasePackageEvents } from '@slipway/contracts'
import { emit, type Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'
import { packageState, prepareChange } from './package-change.ts'
import type { Author, AuthorParameters, PackageRow } from './package-write.ts'
import { moved } from './priorities.ts'

type Values = Omit<PackageRow, 'release_package_id' | 'revision'>

const insert = prepareChange<Values>('package.insert', 'created', 'RELEASE_PACKAGE_CREATED', (db, p) =>
  db
    .insertInto('release_package')
    .values({
      created_by: p.principal,
      member: p.member,
      name: p.name,
      description: p.description,
      copyrights: p.copyrights,
      uri: p.uri,
      priority: p.priority,
    })
    .returningAll(),
)

const update = prepareChange<Values & { id: number }>('package.update', 'updated', 'RELEASE_PACKAGE_UPDATED', (db, p) =>
  db
    .updateTable('release_package')
    .set(c => ({
      member: p.member,
      name: p.name,
      description: p.description,
      copyrights: p.copyrights,
      uri: p.uri,
      priority: p.priority,
      updated_at: c.fn<string>('now'),
      seq: c('seq', '+', 1),
      revision: c('revision', '+', 1),
    }))
    .where('release_package_id', '=', p.id)
    .returningAll(),
)

const remove = prepareChange<{ id: number }>('package.remove', 'deleted', 'RELEASE_PACKAGE_DELETED', (db, p) =>
  db
    .updateTable('release_package')
    .set(c => ({
      inactive_at: c.fn<string>('now'),
      priority: null,
      seq: c('seq', '+', 1),
      revision: c('revision', '+', 1),
    }))
    .where('release_package_id', '=', p.id)
    .returningAll(),
)

const license = prepareChange<{ id: number; filename: string; mimetype: string }>(
  'package.license',
  'updated',
  'RELEASE_PACKAGE_LICENSE_UPDATED',
  (db, p) =>
    db
      .updateTable('release_package')
      .set(c => ({
        license_filename: p.filename,
        license_mimetype: p.mimetype,
        license_updated_at: c.fn<string>('now'),
        seq: c('seq', '+', 1),
        revision: c('revision', '+', 1),
      }))
      .where('release_package_id', '=', p.id)
      .returningAll(),
)

type Renumbering = Pick<AuthorParameters, 'actor' | 'traceparent'> & {
  readonly ids: readonly number[]
  readonly priorities: readonly (number | null)[]
}

/** Only the packages that get another priority are touched, and told of. */
const renumber = prepare<Renumbering>()('package.renumber', (db, p) => {
  const wanted = sql<{
    id: number
    priority: number | null
  }>`unnest(${p.ids}::bigint[], ${p.priorities}::int[])`.as<'wanted'>(sql`wanted(id, priority)`)
  return db
    .with('changed', q =>
      q
        .updateTable('release_package as package')
        .from(wanted)
        .set(c => ({
          priority: c.ref('wanted.priority'),
          seq: c('package.seq', '+', 1),
          revision: c('package.revision', '+', 1),
        }))
        .whereRef('package.release_package_id', '=', 'wanted.id')
        .whereRef('package.priority', 'is distinct from', 'wanted.priority')
        .returningAll('package'),
    )
    .with('told', q =>
      emit(
        q,
        releasePackageEvents.updated,
        q
          .selectFrom('changed')
          .select(c => [
            c.cast<string>('release_package_id', 'text').as('aggregate'),
            'seq as sequence',
            p.actor.as('actor'),
            p.traceparent.as('traceparent'),
            packageState.as('data'),
          ])
          .orderBy('release_package_id'),
      ),
    )
    .selectFrom('changed')
    .select('release_package_id')
})

const lockOrder = prepare<{ members: readonly string[] }>()(
  'package.lock-order',
  (_db, p) => sql`select pg_advisory_xact_lock(hashtextextended('package-priorities/' || member, 0))
    from unnest(${p.members}::text[]) member order by member collate "C"`,
)
const ofMember = prepare<{ member: string }>()('package.of-member', (db, p) =>
  db
    .selectFrom('release_package')
    .select(['release_package_id as id', 'priority'])
    .where('member', '=', p.member)
    .where('inactive_at', 'is', null)
    .orderBy('release_package_id')
    .forNoKeyUpdate(),
)
const memberOf = prepare<{ id: number }>()('package.member', (db, p) =>
  db
    .selectFrom('release_package')
    .select('member')
    .where('release_package_id', '=', p.id)
    .where('inactive_at', 'is', null),
)
const online = prepare<{ id: number }>()('package.is-online', (db, p) =>
  db.selectNoFrom(c =>
    c
      .exists(
        c.selectFrom('release_version').select([]).where('release_package_id', '=', p.id).where('state', '=', 'online'),
      )
      .as('online'),
  ),
)

export async function insertPackage(tx: Queryable, values: Values, author: Author): Promise<number> {
  const [row] = await tx.query(insert, { ...author, ...values })
  return (row as { release_package_id: number }).release_package_id
}

export async function updatePackage(tx: Queryable, row: PackageRow, author: Author): Promise<void> {
  await tx.query(update, { ...author, ...row, id: row.release_package_id })
}

export async function removePackage(tx: Queryable, id: number, author: Author): Promise<void> {
  await tx.query(remove, { ...author, id })
}

export async function recordLicence(
  tx: Queryable,
  id: number,
  file: { readonly filename: string; readonly mimetype: string },
  author: Author,
): Promise<void> {
  await tx.query(license, { ...author, ...file, id })
}

/** Waits until nobody else orders the packages of these members, and keeps others from it until the transaction ends. */
export async function lockOrders(tx: Queryable, members: readonly string[]): Promise<void> {
  await tx.query(lockOrder, { members: [...new Set(members)] })
}

/** Stands for a package that has no id yet. */
export const newPackage = 0

/**
 * Makes a place for a package among those of a member, whose order must be locked; null is the last. Returns its priority:
 * its own row is left to the caller, who writes it anyway.
 */
export async function reorder(
  tx: Queryable,
  { member, id }: { readonly member: string; readonly id: number },
  requested: number | null,
  { actor, traceparent }: Author,
): Promise<number> {
  const order = moved(await tx.query(ofMember, { member }), id, requested)
  const others = order.filter(one => one.id !== id)
  const wanted = { ids: others.map(one => one.id), priorities: others.map(one => one.priority) }
  await tx.query(renumber, { actor, traceparent, ...wanted })
  return order.find(one => one.id === id)?.priority as number
}

export async function memberOfPackage(tx: Queryable, id: number): Promise<string | undefined> {
  const [row] = await tx.query(memberOf, { id })
  return row?.member
}

export async function isOnline(tx: Queryable, id: number): Promise<boolean> {
  const [row] = await tx.query(online, { id })
  return row?.online === true
}
