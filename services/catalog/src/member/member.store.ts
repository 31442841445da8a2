import type { CallContext } from '@slipway/bus'
import { actorOf, isEditor, memberEvents, type Viewer } from '@slipway/contracts'
import { appendEvents, type Queryable } from '@slipway/store'
import { type Selectable, sql } from 'kysely'
import type { Database } from '../database.ts'
import { instantOf } from '../instant.ts'
import { prepare } from '../sql.ts'

export type MemberRow = Selectable<Database['member']>

/** What may be set of a member. */
export type MemberChange = Partial<
  Omit<MemberRow, 'member_id' | 'seq' | 'key' | 'created_at' | 'name' | 'license_file_id' | 'license_updated_at'>
> & {
  /** The licence is another file from now on. */
  readonly newLicense?: boolean
}

const all = prepare()('member.all', db => db.selectFrom('member').selectAll().orderBy('member_id'))
const byKey = prepare<{ key: string }>()('member.by-key', (db, p) =>
  db.selectFrom('member').selectAll().where('key', '=', p.key),
)
const locked = prepare<{ key: string }>()('member.locked', (db, p) =>
  db.selectFrom('member').selectAll().where('key', '=', p.key).forUpdate(),
)

type Fields = Omit<MemberRow, 'member_id' | 'seq' | 'created_at' | 'name' | 'license_file_id' | 'license_updated_at'>
const save = prepare<Fields & { newLicense: boolean }>()('member.save', (db, p) =>
  db
    .updateTable('member')
    .set(eb => ({
      license_name: p.license_name,
      license_version: p.license_version,
      license_filename: p.license_filename,
      license_mimetype: p.license_mimetype,
      license_file_id: eb
        .case()
        .when(p.newLicense)
        .then(sql<number>`nextval('entity_id')`)
        .else(eb.ref('license_file_id'))
        .end(),
      license_updated_at: eb
        .case()
        .when(p.newLicense)
        .then(sql<string>`clock_timestamp()`)
        .else(eb.ref('license_updated_at'))
        .end(),
      promote_packages: p.promote_packages,
      contact_email: p.contact_email,
      member_org_name: p.member_org_name,
      member_org_url: p.member_org_url,
      staff_notification_email: p.staff_notification_email,
      seq: eb('seq', '+', 1),
    }))
    .where('key', '=', p.key)
    .returningAll(),
)

export function listMembers(read: Queryable['query']): Promise<MemberRow[]> {
  return read(all)
}

export async function findMember(read: Queryable['query'], key: string): Promise<MemberRow | undefined> {
  const [row] = await read(byKey, { key })
  return row
}

export async function lockMember(tx: Queryable, key: string): Promise<MemberRow | undefined> {
  const [row] = await tx.query(locked, { key })
  return row
}

/** Saves a locked member and writes its event. */
export async function saveMember(
  tx: Queryable,
  row: MemberRow,
  change: MemberChange,
  { identity, traceparent }: Pick<CallContext, 'identity' | 'traceparent'>,
): Promise<MemberRow> {
  const newLicense = change.newLicense ?? false
  const [updated] = await tx.query(save, { ...row, ...change, newLicense })
  const saved = updated as MemberRow
  const { noun, verb } = memberEvents.updated
  const data = { member_id: saved.member_id, key: saved.key }
  const event = { noun, verb, aggregate: saved.key, sequence: saved.seq, actor: actorOf(identity), traceparent, data }
  await appendEvents(tx, [event])
  return saved
}

/** A member as the API shows it; where its staff is written to is for staff and administrators alone. */
export function shownMember(row: MemberRow, viewer: Viewer) {
  const license = row.license_updated_at !== null && {
    fileId: row.license_file_id,
    filename: row.license_filename,
    mimetype: row.license_mimetype,
    lastUpdated: instantOf(row.license_updated_at),
  }
  return {
    memberId: row.member_id,
    key: row.key,
    createdAt: instantOf(row.created_at),
    name: row.name,
    licenseName: row.license_name,
    licenseVersion: row.license_version,
    license: license || null,
    logo: null,
    promotePackages: row.promote_packages,
    contactEmail: row.contact_email,
    memberOrgName: row.member_org_name,
    memberOrgURL: row.member_org_url,
    ...(isEditor(viewer) && { staffNotificationEmail: row.staff_notification_email }),
  }
}
