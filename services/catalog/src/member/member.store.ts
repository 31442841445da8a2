import type { CallContext } from '@slipway/bus'
import { actorOf, isEditor, memberEvents, type Viewer } from '@slipway/contracts'
import { appendEvents, type Queryable, type Statement } from '@slipway/store'
import { instantOf } from '../instant.ts'

export type MemberRow = {
  readonly member_id: number
  readonly seq: number
  readonly key: string
  readonly created_at: string
  readonly name: string
  readonly license_name: string | null
  readonly license_version: string | null
  readonly license_file_id: number | null
  readonly license_filename: string | null
  readonly license_mimetype: string | null
  readonly license_updated_at: string | null
  readonly promote_packages: boolean | null
  readonly contact_email: string | null
  readonly member_org_name: string | null
  readonly member_org_url: string | null
  readonly staff_notification_email: string | null
}

/** What may be set of a member. */
export type MemberChange = Partial<
  Omit<MemberRow, 'member_id' | 'seq' | 'key' | 'created_at' | 'name' | 'license_file_id' | 'license_updated_at'>
> & {
  /** The licence is another file from now on. */
  readonly newLicense?: boolean
}

const all: Statement = { name: 'member.all', text: 'select * from member order by member_id' }
const byKey: Statement = { name: 'member.by-key', text: 'select * from member where key = $1' }
const locked: Statement = { name: 'member.locked', text: 'select * from member where key = $1 for update' }
const save: Statement = {
  name: 'member.save',
  text: `
    update member set license_name = $2, license_version = $3, license_filename = $4, license_mimetype = $5,
      license_file_id = case when $6 then nextval('entity_id') else license_file_id end,
      license_updated_at = case when $6 then clock_timestamp() else license_updated_at end,
      promote_packages = $7, contact_email = $8, member_org_name = $9, member_org_url = $10,
      staff_notification_email = $11, seq = seq + 1
    where key = $1 returning *`,
}

export function listMembers(read: Queryable['query']): Promise<MemberRow[]> {
  return read<MemberRow>(all)
}

export async function findMember(read: Queryable['query'], key: string): Promise<MemberRow | undefined> {
  const [row] = await read<MemberRow>(byKey, [key])
  return row
}

export async function lockMember(tx: Queryable, key: string): Promise<MemberRow | undefined> {
  const [row] = await tx.query<MemberRow>(locked, [key])
  return row
}

/** Saves a locked member and writes its event. */
export async function saveMember(
  tx: Queryable,
  row: MemberRow,
  change: MemberChange,
  { identity, traceparent }: Pick<CallContext, 'identity' | 'traceparent'>,
): Promise<MemberRow> {
  const next = { ...row, ...change }
  const [updated] = await tx.query<MemberRow>(save, [
    row.key,
    next.license_name,
    next.license_version,
    next.license_filename,
    next.license_mimetype,
    change.newLicense ?? false,
    next.promote_packages,
    next.contact_email,
    next.member_org_name,
    next.member_org_url,
    next.staff_notification_email,
  ])
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
