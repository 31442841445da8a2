import { releasePackageEvents } from '@slipway/contracts'
import { type AnyTx, outboxColumns, type Statement } from '@slipway/store'
import { auditColumns } from '../audit/record-audit.ts'
import type { Author, PackageRow } from './package-write.ts'
import { moved, type Prioritized } from './priorities.ts'

const { noun } = releasePackageEvents.created

/** Tells of the rows of `changed`; $1 … $3 are principal, actor and trace in all of these statements. */
const tell = (verb: string, data = '') => `
  insert into platform.outbox (${outboxColumns})
  select '${noun}', '${verb}', release_package_id::text, seq, $2, $3,
    json_build_object('release_package_id', release_package_id, 'member', member ${data})
  from changed order by release_package_id`

const record = (type: string) => `
  insert into audit_event (${auditColumns})
  select $1, '${type}', jsonb_build_object('releasePackage.name', coalesce(name, '')), release_package_id,
    null::bigint, null::bigint, null::bigint, null::bigint
  from changed`

const state = `, 'priority', priority, 'licensed', license_updated_at is not null`

const insert: Statement = {
  name: 'package.insert',
  text: `with changed as (
      insert into release_package (created_by, member, name, description, copyrights, uri, priority)
      values ($1, $4, $5, $6, $7, $8, $9) returning *
    ), told as (${tell('created')}), recorded as (${record('RELEASE_PACKAGE_CREATED')})
    select release_package_id from changed`,
}

const update: Statement = {
  name: 'package.update',
  text: `with changed as (
      update release_package set member = $5, name = $6, description = $7, copyrights = $8, uri = $9, priority = $10,
        updated_at = now(), seq = seq + 1, revision = revision + 1
      where release_package_id = $4 returning *
    ), told as (${tell('updated', state)}), recorded as (${record('RELEASE_PACKAGE_UPDATED')})
    select release_package_id from changed`,
}

const remove: Statement = {
  name: 'package.remove',
  text: `with changed as (
      update release_package set inactive_at = now(), priority = null, seq = seq + 1, revision = revision + 1
      where release_package_id = $4 returning *
    ), told as (${tell('deleted')}), recorded as (${record('RELEASE_PACKAGE_DELETED')})
    select release_package_id from changed`,
}

const license: Statement = {
  name: 'package.license',
  text: `with changed as (
      update release_package set license_filename = $5, license_mimetype = $6, license_updated_at = now(),
        seq = seq + 1, revision = revision + 1
      where release_package_id = $4 returning *
    ), told as (${tell('updated', state)}), recorded as (${record('RELEASE_PACKAGE_LICENSE_UPDATED')})
    select release_package_id from changed`,
}

/** Only the packages that get another priority are touched, and told of. */
const renumber: Statement = {
  name: 'package.renumber',
  text: `with changed as (
      update release_package package set priority = wanted.priority, seq = seq + 1, revision = revision + 1
      from unnest($3::bigint[], $4::int[]) wanted(id, priority)
      where package.release_package_id = wanted.id and package.priority is distinct from wanted.priority
      returning package.*
    ), told as (
      insert into platform.outbox (${outboxColumns})
      select '${noun}', 'updated', release_package_id::text, seq, $1, $2,
        json_build_object('release_package_id', release_package_id, 'member', member ${state})
      from changed order by release_package_id
    )
    select release_package_id from changed`,
}

const lockOrder: Statement = {
  name: 'package.lock-order',
  text: `select pg_advisory_xact_lock(hashtextextended('package-priorities/' || member, 0))
    from unnest($1::text[]) member order by member collate "C"`,
}
const ofMember: Statement = {
  name: 'package.of-member',
  text: `select release_package_id as id, priority from release_package
    where member = $1 and inactive_at is null order by release_package_id for no key update`,
}
const memberOf: Statement = {
  name: 'package.member',
  text: 'select member from release_package where release_package_id = $1 and inactive_at is null',
}

const online: Statement = {
  name: 'package.is-online',
  text: `select exists (select from release_version where release_package_id = $1 and state = 'online') as online`,
}

type Values = Omit<PackageRow, 'release_package_id' | 'revision'>

const by = ({ principal, actor, traceparent }: Author) => [principal, actor, traceparent]

export async function insertPackage(tx: AnyTx, values: Values, author: Author): Promise<number> {
  const { member, name, description, copyrights, uri, priority } = values
  const rows = await tx.query<{ release_package_id: number }>(insert, [
    ...by(author),
    ...[member, name, description, copyrights, uri, priority],
  ])
  return (rows[0] as { release_package_id: number }).release_package_id
}

export async function updatePackage(tx: AnyTx, row: PackageRow, author: Author): Promise<void> {
  const { release_package_id: id, member, name, description, copyrights, uri, priority } = row
  await tx.query(update, [...by(author), id, member, name, description, copyrights, uri, priority])
}

export async function removePackage(tx: AnyTx, id: number, author: Author): Promise<void> {
  await tx.query(remove, [...by(author), id])
}

export async function recordLicence(
  tx: AnyTx,
  id: number,
  file: { readonly filename: string; readonly mimetype: string },
  author: Author,
): Promise<void> {
  await tx.query(license, [...by(author), id, file.filename, file.mimetype])
}

/** Waits until nobody else orders the packages of these members, and keeps others from it until the transaction ends. */
export async function lockOrders(tx: AnyTx, members: readonly string[]): Promise<void> {
  await tx.query(lockOrder, [[...new Set(members)]])
}

/** Stands for a package that has no id yet. */
export const newPackage = 0

/**
 * Makes a place for a package among those of a member, whose order must be locked; null is the last. Returns its priority:
 * its own row is left to the caller, who writes it anyway.
 */
export async function reorder(
  tx: AnyTx,
  { member, id }: { readonly member: string; readonly id: number },
  requested: number | null,
  { actor, traceparent }: Author,
): Promise<number> {
  const order = moved(await tx.query<Prioritized>(ofMember, [member]), id, requested)
  const others = order.filter(one => one.id !== id)
  const columns = [others.map(one => one.id), others.map(one => one.priority)]
  await tx.query(renumber, [actor, traceparent, ...columns])
  return order.find(one => one.id === id)?.priority as number
}

export async function memberOfPackage(tx: AnyTx, id: number): Promise<string | undefined> {
  const [row] = await tx.query<{ member: string }>(memberOf, [id])
  return row?.member
}

export async function isOnline(tx: AnyTx, id: number): Promise<boolean> {
  const [row] = await tx.query<{ online: boolean }>(online, [id])
  return row?.online === true
}
