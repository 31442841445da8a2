import { type ApplicationType, type ApprovalState, isEditor, type Standing, type Viewer } from '@slipway/contracts'
import { shownUsage, type UsageRow } from '../commercial-usage/commercial-usage.ts'
import type { Countries } from '../country/country.store.ts'
import { instantOf } from '../instant.ts'
import { type StoredDetails, shownDetails } from './affiliate-details.ts'

export type AffiliateRow = {
  readonly affiliate_id: number
  readonly seq: number
  readonly created_at: string
  readonly creator: string | null
  readonly import_key: string | null
  readonly home_member: string
  readonly standing: Standing
  readonly details: StoredDetails
  readonly notes_internal: string | null
  readonly usages: readonly UsageRow[]
}

export type ApplicationRow = {
  readonly application_id: number
  readonly seq: number
  readonly application_type: ApplicationType
  readonly affiliate_id: number
  readonly username: string
  readonly member: string
  readonly state: ApprovalState
  readonly created_at: string
  readonly submitted_at: string | null
  readonly completed_at: string | null
  readonly details: StoredDetails
  readonly notes_internal: string | null
  readonly reason: string | null
  readonly snomed_license: boolean
  readonly commercial_usage_id: number | null
}

/** Notes are for staff and administrators alone. */
const notesFor = (viewer: Viewer, notes: string | null) => (isEditor(viewer) ? { notesInternal: notes } : {})

/** An affiliate without its applications, as applications show it. */
export function shownAffiliateAlone(row: AffiliateRow, viewer: Viewer, countries: Countries) {
  return {
    affiliateId: row.affiliate_id,
    created: instantOf(row.created_at),
    type: row.details.type,
    creator: row.creator,
    importKey: row.import_key,
    homeMember: { key: row.home_member },
    standingState: row.standing,
    affiliateDetails: shownDetails(row.details, countries),
    commercialUsages: row.usages.map(usage => shownUsage(usage, countries)),
    ...notesFor(viewer, row.notes_internal),
  }
}

/** An affiliate with its applications, in the order of their ids. */
export function shownAffiliate(
  row: AffiliateRow,
  applications: readonly ApplicationRow[],
  viewer: Viewer,
  countries: Countries,
) {
  const shown = applications.map(application => applicationOf(application, row, viewer, countries))
  return {
    ...shownAffiliateAlone(row, viewer, countries),
    application: shown.find(({ applicationType }) => applicationType === 'PRIMARY') ?? null,
    applications: shown,
  }
}

/** An application with its affiliate. */
export function shownApplication(row: ApplicationRow, viewer: Viewer, countries: Countries, affiliate: AffiliateRow) {
  return {
    ...applicationOf(row, affiliate, viewer, countries),
    affiliate: shownAffiliateAlone(affiliate, viewer, countries),
  }
}

function applicationOf(row: ApplicationRow, { usages }: AffiliateRow, viewer: Viewer, countries: Countries) {
  const { application_type: type, details } = row
  const usage = usages.find(({ commercial_usage_id }) => commercial_usage_id === row.commercial_usage_id)
  return {
    applicationType: type,
    applicationId: row.application_id,
    username: row.username,
    member: { key: row.member },
    approvalState: row.state,
    createdAt: instantOf(row.created_at),
    submittedAt: instantOf(row.submitted_at),
    completedAt: instantOf(row.completed_at),
    affiliateDetails: shownDetails(details, countries),
    ...notesFor(viewer, row.notes_internal),
    ...(type === 'EXTENSION' && { reason: row.reason }),
    ...(type === 'PRIMARY' && {
      snoMedLicense: row.snomed_license,
      commercialUsage: null,
      usageReport: usage ? shownUsage(usage, countries) : null,
      type: details.type,
      subType: details.subType,
      otherText: details.otherText,
    }),
  }
}
