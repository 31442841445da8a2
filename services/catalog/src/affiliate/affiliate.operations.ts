import type { OperationHandler } from '@slipway/bus'
import { affiliateOperations, failure, isEditor, type Viewer, viewerOf } from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import type { Queryable, Store } from '@slipway/store'
import { deleteApplication } from '../application/application.store.ts'
import { applicationDeleted } from '../application/trail.ts'
import { principalOf, recordAudit } from '../audit/record-audit.ts'
import type { Countries } from '../country/country.store.ts'
import { requireMember } from '../member/unknown-member.ts'
import { accessDenied, actsFor, notFound, requireEditor, requireKind } from '../member/viewer.ts'
import { inPieces } from '../records/read-handlers.ts'
import { prepare } from '../sql.ts'
import {
  type AffiliateWithApplications,
  affiliateOf,
  deleteAffiliate,
  findAffiliate,
  lockAffiliate,
  saveAffiliate,
} from './affiliate.store.ts'
import { type AffiliateRow, shownAffiliate } from './affiliate.ts'
import { type Details, mergeDetails, shownDetails } from './affiliate-details.ts'
import { listAffiliates, readAffiliateList } from './affiliate-list.ts'
import { checkAffiliate } from './check.ts'
import { ensureAffiliate } from './ensure-affiliate.ts'
import { licenseeOf } from './licensee.ts'
import { standingByHand } from './standing.ts'
import { affiliateDeleted, affiliateUpdated, standingChanged } from './trail.ts'

export type AffiliateOptions = { readonly store: Store; readonly countries: () => Promise<Countries> }

const { check, mine, ofCreator, list, get, getDetail, update, updateDetail, delete: remove } = affiliateOperations

/** What people are called and where they are written to follows the details of their affiliate. */
type Followed = Pick<Details, 'firstName' | 'lastName' | 'email' | 'acceptNotifications' | 'countryNotificationsOnly'>
const followDetails = prepare<Followed & { login: string | null }>()('account-profile.follow-details', (db, p) =>
  db
    .updateTable('account_profile')
    .set({
      first_name: p.firstName,
      last_name: p.lastName,
      email: p.email,
      accept_notifications: p.acceptNotifications,
      country_notifications_only: p.countryNotificationsOnly,
    })
    .where('login', '=', p.login),
)

/** Affiliates: who has a licence, in which standing. */
export function affiliateHandlers({ store, countries }: AffiliateOptions): OperationHandler[] {
  const shown = async (row: AffiliateWithApplications, viewer: Viewer) =>
    shownAffiliate(row, row.applications, viewer, await countries())

  async function locked(tx: Queryable, id: number): Promise<AffiliateRow> {
    const row = await lockAffiliate(tx, id)
    if (!row) throw notFound()
    return row
  }

  return [
    handlerOf(check, async input => ({ body: { matched: await checkAffiliate(store, input) } })),

    handlerOf(mine, async (_input, context) => {
      const viewer = viewerOf(context.identity)
      const login = viewer.login as string
      const own =
        (await affiliateOf(store.read, login)) ??
        (viewer.kind === 'user'
          ? await store.transaction(async tx => ensureAffiliate(tx, await licenseeOf(tx, context.identity), context))
          : undefined)
      return { body: (own ? [await shown(own, viewer)] : []) as never }
    }),

    handlerOf(ofCreator, async ({ login }, { identity }) => {
      const viewer = viewerOf(identity)
      const creator = login.toLowerCase()
      if (viewer.kind === 'user' && viewer.login !== creator) throw accessDenied()
      const row = await affiliateOf(store.read, creator)
      return { body: (row ? [await shown(row, viewer)] : []) as never }
    }),

    handlerOf(list, async ({ query }, { identity }) => {
      const viewer = viewerOf(identity)
      const request = readAffiliateList(query)
      for (const member of request.values.members ?? []) await requireMember(store, member)
      const { affiliates, ...totals } = await listAffiliates(store, request)
      const known = await countries()
      const bodies = affiliates.map(row => shownAffiliate(row, row.applications, viewer, known))
      return inPieces(list, JSON.stringify({ affiliates: bodies, ...totals }))
    }),

    handlerOf(get, async ({ affiliateId }, { identity }) => {
      const viewer = viewerOf(identity)
      const row = await findAffiliate(store.read, affiliateId)
      if (!row) throw notFound()
      return { body: (await shown(row, viewer)) as never }
    }),

    handlerOf(getDetail, async ({ affiliateId }, { identity }) => {
      const viewer = viewerOf(identity)
      const row = await findAffiliate(store.read, affiliateId)
      if (!row || (row.creator !== viewer.login && !isEditor(viewer))) throw notFound()
      return { body: shownDetails(row.details, await countries()) as never }
    }),

    writeHandler(store, update, async (tx, { affiliateId, body }, context) => {
      const viewer = requireEditor(context.identity)
      const row = await locked(tx, affiliateId)
      if (!actsFor(viewer, row.home_member)) throw accessDenied()
      const saved = await saveAffiliate(
        tx,
        row,
        {
          standing: standingByHand(row.standing, body.standingState),
          ...(body.notesInternal !== undefined && { notes_internal: body.notesInternal }),
        },
        context,
      )
      const principal = principalOf(context.identity)
      await recordAudit(tx, [
        ...(saved.standing === row.standing ? [] : [standingChanged(saved, principal)]),
        affiliateUpdated(saved, principal),
      ])
      const whole = (await findAffiliate(tx.query, affiliateId)) as AffiliateWithApplications
      return { headers: { etag: `"${saved.seq}"` }, body: await shown(whole, viewer) }
    }),

    writeHandler(store, remove, async (tx, { affiliateId }, context) => {
      const viewer = requireEditor(context.identity)
      const row = await locked(tx, affiliateId)
      if (!actsFor(viewer, row.home_member)) throw accessDenied()
      if (row.standing !== 'APPLYING') throw failure('conflict', 'Only an affiliate that is applying can be deleted.')
      const whole = (await findAffiliate(tx.query, affiliateId)) as AffiliateWithApplications
      const principal = principalOf(context.identity)
      for (const application of whole.applications) {
        await deleteApplication(tx, application, context)
        await recordAudit(tx, [applicationDeleted(application, principal)])
      }
      await deleteAffiliate(tx, row, context)
      await recordAudit(tx, [affiliateDeleted(row, principal)])
      return { body: await shown(whole, viewer) }
    }),

    writeHandler(store, updateDetail, async (tx, { affiliateId, body }, context) => {
      const viewer = requireKind(context.identity, 'user', 'staff', 'admin')
      const row = await locked(tx, affiliateId)
      const isUser = viewer.kind === 'user'
      // Users may know of their own only; staff see those of every member.
      if (isUser && row.creator !== viewer.login) throw notFound()
      if (!isUser && !actsFor(viewer, row.home_member)) throw accessDenied()
      const { applications } = (await findAffiliate(tx.query, affiliateId)) as AffiliateWithApplications
      if (!applications.some(({ application_type, state }) => application_type === 'PRIMARY' && state === 'APPROVED')) {
        throw failure('conflict', 'The primary application is not approved.')
      }
      if (body.email !== undefined && body.email !== row.details.email) {
        if (isUser) throw failure('forbidden', 'Users may not change their primary email address')
        if (!body.email) throw failure('refused', 'Primary email address (email) is a required field')
      }
      const known = await countries()
      const details = mergeDetails(row.details, body, isUser ? 'affiliate' : 'staff', known)
      const saved = await saveAffiliate(tx, row, { details }, context)
      await tx.query(followDetails, { ...details, login: row.creator })
      await recordAudit(tx, [affiliateUpdated(saved, principalOf(context.identity))])
      return { body: shownDetails(saved.details, known) }
    }),
  ]
}
