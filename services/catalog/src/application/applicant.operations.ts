import type { CallContext, OperationHandler } from '@slipway/bus'
import { applicationOperations, failure, type RegistrationBody, type Viewer } from '@slipway/contracts'
import { writeHandler } from '@slipway/service'
import type { Queryable } from '@slipway/store'
import { saveAffiliate } from '../affiliate/affiliate.store.ts'
import { type ApplicationRow, shownApplication } from '../affiliate/affiliate.ts'
import { memberOfCountry, mergeDetails } from '../affiliate/affiliate-details.ts'
import { principalOf, recordAudit } from '../audit/record-audit.ts'
import { saveReportState } from '../commercial-usage/commercial-usage.store.ts'
import { usageStateChanged } from '../commercial-usage/trail.ts'
import { afterTransition } from '../commercial-usage/usage-state.ts'
import type { Countries } from '../country/country.store.ts'
import { mailBaseUrl } from '../mail/base-url.ts'
import { notFound, requireKind } from '../member/viewer.ts'
import {
  type ApplicationChange,
  type ApplicationOfAffiliate,
  deleteApplication,
  lockApplication,
  saveApplication,
} from './application.store.ts'
import { afterRequest, entersSubmitted, isWithApplicant, submitted } from './approval.ts'
import { tellStaff } from './mails.ts'
import type { ApplicationOptions } from './options.ts'
import { requireOwner, requireOwnerOrReviewer } from './ownership.ts'
import { applicationDeleted, approvalStateChanged } from './trail.ts'

const { update, delete: remove, saveRegistration, submitRegistration } = applicationOperations

/** What applicants do with their applications. */
export function applicantHandlers({ store, countries, publicUrl }: ApplicationOptions): OperationHandler[] {
  async function locked(tx: Queryable, id: number): Promise<ApplicationOfAffiliate> {
    const row = await lockApplication(tx, id)
    if (!row) throw notFound()
    return row
  }

  /** A primary application of the caller, for whom only it can be filled in. */
  async function ownPrimary(tx: Queryable, id: number, viewer: Viewer): Promise<ApplicationOfAffiliate> {
    const row = await locked(tx, id)
    requireOwner(row, viewer)
    if (row.application_type !== 'PRIMARY') throw notFound()
    return row
  }

  /** Saves what an applicant changed, and tells of the state if that is another one. */
  async function save(tx: Queryable, row: ApplicationOfAffiliate, change: ApplicationChange, context: CallContext) {
    const submits = change.state !== undefined && change.state !== row.state
    const saved = await saveApplication(tx, row, { ...change, submits }, context)
    if (submits) await recordAudit(tx, [approvalStateChanged(saved, principalOf(context.identity))])
    if (entersSubmitted(row.state, saved.state)) await tellStaff(tx, saved, mailBaseUrl(publicUrl))
    return saved
  }

  const answer = async (saved: ApplicationRow, { affiliate }: ApplicationOfAffiliate, viewer: Viewer) => ({
    body: shownApplication(saved, viewer, await countries(), affiliate),
  })

  return [
    writeHandler(store, update, async (tx, { applicationId, body }, context) => {
      const viewer = requireKind(context.identity, 'user', 'staff', 'admin')
      const row = await locked(tx, applicationId)
      requireOwnerOrReviewer(row, viewer)
      const isExtension = row.application_type === 'EXTENSION'
      const state = afterRequest(row.state, body.approvalState)
      if (state !== row.state && !isExtension) {
        throw failure('conflict', 'A primary application is submitted with its registration.')
      }
      const reason = isExtension && body.reason !== undefined ? body.reason : row.reason
      if (reason !== row.reason && !isWithApplicant(row.state)) {
        throw failure('conflict', `An application in state ${row.state} cannot be changed.`)
      }
      return answer(await save(tx, row, { state, reason }, context), row, viewer)
    }),

    writeHandler(store, remove, async (tx, { applicationId }, context) => {
      const viewer = requireKind(context.identity, 'user', 'staff', 'admin')
      const row = await locked(tx, applicationId)
      requireOwnerOrReviewer(row, viewer)
      if (row.application_type !== 'EXTENSION') {
        throw failure('refused', 'Only applications of type EXTENSION can be deleted.')
      }
      await deleteApplication(tx, row, context)
      await recordAudit(tx, [applicationDeleted(row, principalOf(context.identity))])
      return {}
    }),

    writeHandler(store, saveRegistration, async (tx, { applicationId, body }, context) => {
      const viewer = requireKind(context.identity, 'user', 'staff', 'admin')
      const row = await ownPrimary(tx, applicationId, viewer)
      if (!isWithApplicant(row.state))
        throw failure('conflict', `An application in state ${row.state} cannot be changed.`)
      return answer(await save(tx, row, registrationOf(row, body, await countries()), context), row, viewer)
    }),

    writeHandler(store, submitRegistration, async (tx, { applicationId, body }, context) => {
      const viewer = requireKind(context.identity, 'user', 'staff', 'admin')
      const row = await ownPrimary(tx, applicationId, viewer)
      const state = submitted(row.state)
      const change = registrationOf(row, body, await countries())
      if (!change.details?.address.country) throw failure('refused', 'The country of the address is missing.')
      const saved = await save(tx, row, { ...change, state }, context)
      await submitUsage(tx, row, context)
      const copied = { details: saved.details, home_member: saved.member }
      const affiliate = await saveAffiliate(tx, row.affiliate, copied, context)
      return answer(saved, { ...row, affiliate }, viewer)
    }),
  ]
}

/** The usage report that an application was made with is submitted with it, unless that was done before. */
async function submitUsage(tx: Queryable, row: ApplicationOfAffiliate, { identity }: CallContext): Promise<void> {
  const { commercial_usage_id: id, affiliate } = row
  const usage = affiliate.usages.find(one => one.commercial_usage_id === id)
  if (usage?.state !== 'NOT_SUBMITTED' || usage.effective_to !== null) return
  const state = afterTransition(usage, 'SUBMIT')
  await saveReportState(tx, usage.commercial_usage_id, state, true)
  await recordAudit(tx, [usageStateChanged({ ...usage, state }, affiliate.affiliate_id, principalOf(identity))])
}

/** What was filled in; whom it goes to follows from the country of the address, never from the body. */
function registrationOf(row: ApplicationRow, body: RegistrationBody, countries: Countries): ApplicationChange {
  const { type, subType, otherText, snoMedTC, affiliateDetails } = body
  const input = {
    ...affiliateDetails,
    ...(type !== undefined && { type }),
    ...(subType !== undefined && { subType }),
    ...(otherText !== undefined && { otherText }),
  }
  const details = mergeDetails(row.details, input, 'application', countries)
  return {
    details,
    member: memberOfCountry(details.address.country, countries) ?? row.member,
    ...(snoMedTC != null && { snomed_license: snoMedTC }),
  }
}
