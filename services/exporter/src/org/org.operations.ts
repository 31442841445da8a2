import type { CallContext, OperationHandler } from '@slipway/bus'
import {
  actorOf,
  complete,
  failure,
  type OrgFields,
  orgMemberOperations,
  orgOperations,
  ownerProfileOperations,
} from '@slipway/contracts'
import { type Changed, handlerOf, requireSignedIn, writeHandler } from '@slipway/service'
import { appendEvents, type Store, type Tx } from '@slipway/store'
import { jsonArray } from '../json-stream.ts'
import { type FindLogin, requireLogin } from '../owner-login.ts'
import { pageFor } from '../page.ts'
import { orgUrl } from '../paths.ts'
import { refuseField } from '../refusals.ts'
import { notFound, requireAdmin, requireEdit, requireStaff, requireView } from '../rights.ts'
import {
  addOrgMember,
  countOrgs,
  countPublicSources,
  deleteOrg,
  findOrg,
  insertOrg,
  isOrgMember,
  isOrgReferenced,
  listMembers,
  listOrgs,
  lockOrg,
  type OrgRow,
  type OrgValues,
  removeOrgMember,
  touchOrg,
  updateOrg,
} from './org.store.ts'

type Cause = { readonly actor: string; readonly traceparent: string | undefined }

function detailOf({ id, seq, belongs, ...row }: OrgRow) {
  const url = orgUrl(id)
  return { type: 'Organization', id, ...row, url, members_url: `${url}members/`, sources_url: `${url}sources/` }
}

function valuesOf(given: Partial<OrgFields>, before?: OrgRow): OrgValues {
  const kept = (key: 'company' | 'website' | 'location') =>
    given[key] === undefined ? (before?.[key] ?? null) : given[key]
  return {
    name: given.name ?? before?.name ?? '',
    company: kept('company'),
    website: kept('website'),
    location: kept('location'),
    public_access: given.public_access ?? before?.public_access ?? 'View',
    extras: given.extras ?? before?.extras ?? {},
  }
}

/** Members that an event names; beyond that it could outgrow a message, and they are left out. */
const toldMembers = 2_000

/** Who belongs to it is told, too: whoever passes events on decides by it who may read those about what is private. */
async function tell(tx: Tx, verb: string, org: OrgRow, sequence: number, cause: Cause) {
  const { id, uuid, name, public_access } = org
  const members = await listMembers(tx.query, id, toldMembers + 1, 0)
  const data = { org_id: id, url: orgUrl(id), name, public_access, ...(members.length <= toldMembers && { members }) }
  return appendEvents(tx, [{ noun: 'org', verb, aggregate: uuid, sequence, ...cause, data }])
}

const changeMember =
  (change: typeof addOrgMember) =>
  async (
    tx: Tx,
    { org, member }: { readonly org: string; readonly member: string },
    { identity, traceparent }: CallContext,
  ): Promise<Changed> => {
    const row = await lockOrg(tx, org, identity)
    const cause = { actor: actorOf(requireAdmin(identity, row)), traceparent }
    if (await change(tx, org, member)) await tell(tx, 'updated', row, await touchOrg(tx, org), cause)
    return { status: 204 }
  }

/** Organisations and who belongs to them. */
export function orgHandlers(store: Store, findLogin: FindLogin): OperationHandler[] {
  return [
    handlerOf(orgOperations.list, async ({ query, member }, { identity, baseUrl }) => {
      const url = `${baseUrl}${member === undefined ? '' : `/users/${member}`}/orgs/`
      const page = pageFor(query, await countOrgs(store.read, identity, member), url)
      const orgs = await listOrgs(store.read, identity, member, page)
      async function* rows() {
        yield orgs.map(({ id, name }) => JSON.stringify({ id, name, url: orgUrl(id), type: 'Organization' }))
      }
      return { headers: page.headers, body: jsonArray(rows()) }
    }),
    handlerOf(orgOperations.get, async ({ org }, { identity }) => {
      const row = await findOrg(store.read, org, identity)
      requireView(identity, row)
      return { body: detailOf(row) as never }
    }),
    writeHandler(store, orgOperations.create, async (tx, { body }, { identity, traceparent }) => {
      const cause = { actor: actorOf(requireSignedIn(identity)), traceparent }
      const { id, ...given } = complete(body)
      if (!(await insertOrg(tx, id, valuesOf(given), cause.actor))) {
        throw refuseField('mnemonic', `Organization with mnemonic ${id} already exists.`, 'plain')
      }
      await addOrgMember(tx, id, identity?.login ?? '')
      const row = await findOrg(tx.query, id, identity)
      await tell(tx, 'created', row, 1, cause)
      return { status: 201, headers: { Location: orgUrl(id) }, body: detailOf(row) }
    }),
    writeHandler(store, orgOperations.update, async (tx, { org, body }, { identity, traceparent }) => {
      const before = await lockOrg(tx, org, identity)
      const cause = { actor: actorOf(requireEdit(identity, before)), traceparent }
      await updateOrg(tx, org, valuesOf(complete(body), before), cause.actor)
      const row = await findOrg(tx.query, org, identity)
      await tell(tx, 'updated', row, row.seq, cause)
      return { status: 200, body: detailOf(row) }
    }),
    writeHandler(store, orgOperations.delete, async (tx, { org }, { identity, traceparent }) => {
      const row = await lockOrg(tx, org, identity)
      const cause = { actor: actorOf(requireStaff(identity, row)), traceparent }
      if (await isOrgReferenced(tx, org)) {
        throw failure(
          'refused',
          `Organization ${org} cannot be deleted because mappings of others point to its sources.`,
        )
      }
      await tell(tx, 'deleted', row, row.seq + 1, cause)
      await deleteOrg(tx, org)
      return { status: 204 }
    }),
    handlerOf(orgMemberOperations.list, async ({ org, query }, { identity, baseUrl }) => {
      const row = await findOrg(store.read, org, identity)
      requireView(identity, row)
      const page = pageFor(query, row.members, `${baseUrl}${orgUrl(org)}members/`)
      const logins = await listMembers(store.read, org, page.limit, page.offset)
      async function* rows() {
        yield logins.map(login => JSON.stringify(login))
      }
      return { headers: page.headers, body: jsonArray(rows()) }
    }),
    handlerOf(orgMemberOperations.get, async ({ org, member }, { identity }) => {
      const row = await findOrg(store.read, org, identity)
      requireAdmin(identity, row)
      if (!(await isOrgMember(store.read, org, member))) throw notFound()
      return { status: 204 }
    }),
    writeHandler(store, orgMemberOperations.add, changeMember(addOrgMember), async (input, { identity }) =>
      identity ? { ...input, member: await requireLogin(input.member, identity, findLogin) } : input,
    ),
    writeHandler(store, orgMemberOperations.remove, changeMember(removeOrgMember)),
    handlerOf(ownerProfileOperations.get, async ({ login }, { identity }) => {
      const [orgs, public_sources] = await Promise.all([
        countOrgs(store.read, identity, login),
        countPublicSources(store.read, login),
      ])
      return { body: { orgs, public_sources } }
    }),
  ]
}
