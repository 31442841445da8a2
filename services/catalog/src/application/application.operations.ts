import type { OperationHandler } from '@slipway/bus'
import { applicationOperations, failure, leadingMember, type Viewer, viewerOf } from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import { isUniqueViolation } from '@slipway/store'
import { type AffiliateWithApplications, addApplication, affiliateOf } from '../affiliate/affiliate.store.ts'
import { shownApplication } from '../affiliate/affiliate.ts'
import { ensureAffiliate } from '../affiliate/ensure-affiliate.ts'
import { licenseeOf } from '../affiliate/licensee.ts'
import { principalOf, recordAudit } from '../audit/record-audit.ts'
import { requireMember } from '../member/unknown-member.ts'
import { accessDenied, notFound, requireKind } from '../member/viewer.ts'
import { inPieces } from '../records/read-handlers.ts'
import { applicantHandlers } from './applicant.operations.ts'
import {
  type ApplicationOfAffiliate,
  findApplication,
  firstApplicationOf,
  listApplications,
  readApplicationList,
} from './application.store.ts'
import type { ApplicationOptions } from './options.ts'
import { requireOwnerOrEditor } from './ownership.ts'
import { reviewHandlers } from './review.operations.ts'
import { applicationCreated } from './trail.ts'

const { list, create, mine, get } = applicationOperations

/** Applications: who asks which member for its packages, and what became of it. */
export function applicationHandlers(options: ApplicationOptions): OperationHandler[] {
  const { store, countries } = options
  const shown = async (row: ApplicationOfAffiliate, viewer: Viewer) =>
    shownApplication(row, viewer, await countries(), row.affiliate)

  return [
    handlerOf(list, async ({ query }, { identity }) => {
      const viewer = viewerOf(identity)
      const request = readApplicationList(query)
      for (const member of request.values.members ?? []) await requireMember(store, member)
      const rows = await listApplications(store, request)
      const bodies = await Promise.all(rows.map(row => shown(row, viewer)))
      return inPieces(list, JSON.stringify(bodies))
    }),

    writeHandler(store, create, async (tx, { body }, context) => {
      const viewer = requireKind(context.identity, 'user', 'staff', 'admin')
      const member = await requireMember(store, body.memberKey ?? (await ownMember(viewer, context.identity?.member)))
      if (viewer.kind === 'staff' && viewer.member !== member) throw accessDenied()
      if (body.applicationType === 'IMPORT')
        throw failure('refused', 'Applications of type IMPORT cannot be made here.')
      const login = viewer.login as string
      const affiliate = await ensureAffiliate(tx, await licenseeOf(tx, context.identity), context)
      if (affiliate.standing === 'DEACTIVATED') throw accessDenied()
      const { applicationType } = body
      const row = await addApplication(tx, affiliate, applicationType, member, login, context).catch(refuseSecond)
      await recordAudit(tx, [applicationCreated(row, principalOf(context.identity))])
      const headers = { location: `${context.baseUrl}/api/applications/${row.application_id}` }
      const whole = (await findApplication(tx.query, row.application_id)) as ApplicationOfAffiliate
      return { status: 201, headers, body: await shown(whole, viewer) }
    }),

    handlerOf(mine, async (_input, context) => {
      const viewer = viewerOf(context.identity)
      const login = viewer.login as string
      let row = await firstApplicationOf(store.read, login)
      if (!row && viewer.kind === 'user') {
        await store.transaction(async tx => ensureAffiliate(tx, await licenseeOf(tx, context.identity), context))
        row = await firstApplicationOf(store.read, login)
      }
      if (!row) throw notFound()
      return { body: (await shown(row, viewer)) as never }
    }),

    handlerOf(get, async ({ applicationId }, { identity }) => {
      const viewer = viewerOf(identity)
      const row = await findApplication(store.read, applicationId)
      if (!row) throw notFound()
      requireOwnerOrEditor(row, viewer)
      return { body: (await shown(row, viewer)) as never }
    }),

    ...applicantHandlers(options),
    ...reviewHandlers(options),
  ]

  /** The member whom a caller asks who names none. */
  async function ownMember(viewer: Viewer, fallback: string | null | undefined): Promise<string> {
    const affiliate: AffiliateWithApplications | undefined =
      viewer.kind === 'user' ? await affiliateOf(store.read, viewer.login as string) : undefined
    return viewer.member ?? affiliate?.home_member ?? fallback ?? leadingMember
  }
}

function refuseSecond(error: unknown): never {
  if (!isUniqueViolation(error, 'application_primary')) throw error
  throw failure('conflict', 'There is a primary application already.', { cause: error })
}
