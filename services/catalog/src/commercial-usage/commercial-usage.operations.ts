import type { OperationHandler } from '@slipway/bus'
import { commercialUsageOperations, failure, isEditor, viewerOf } from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import type { Queryable } from '@slipway/store'
import { findAffiliate, lockAffiliate } from '../affiliate/affiliate.store.ts'
import { principalOf, recordAudit } from '../audit/record-audit.ts'
import { accessDenied, actsFor, notFound, requireKind } from '../member/viewer.ts'
import { jsonArray } from '../records/json-array.ts'
import {
  beginReport,
  retractReport,
  saveReportContext,
  saveReportState,
  saveReportType,
} from './commercial-usage.store.ts'
import { shownContext } from './commercial-usage.ts'
import type { CommercialUsageOptions } from './options.ts'
import { lockReport, openReport, type Report, readReport, reportOf, requireReporter, shownReport } from './report.ts'
import { listReports, readReportList, reportBodies } from './report-list.ts'
import { reviewRows } from './review.ts'
import { usageCreated, usageStateChanged } from './trail.ts'
import { usagePartHandlers } from './usage-parts.operations.ts'
import { afterTransition, isForStaff } from './usage-state.ts'

const { list, review, listOf, create, get, setContext, setType, transition } = commercialUsageOperations
/** Of one affiliate; a report is for half a year at least, so this is a life's work. */
const mostReports = 200

/** Usage reports: filled in by affiliates, settled by the staff of their home members. */
export function commercialUsageHandlers(options: CommercialUsageOptions): OperationHandler[] {
  const { store, countries } = options

  const shown = async (report: Omit<Report, 'isOwn'>) => shownReport(report, await countries())
  const again = async (tx: Queryable, { affiliate, viewer }: Report, id: number) => ({
    ...(await reportOf(tx.query, affiliate.affiliate_id, id)),
    viewer,
  })

  return [
    handlerOf(list, async ({ query }, { identity }) => {
      const ids = await listReports(store, readReportList(query))
      return { body: jsonArray(reportBodies(store, ids, viewerOf(identity), await countries())) }
    }),

    handlerOf(review, async () => ({ body: jsonArray(reviewRows(store)) })),

    handlerOf(listOf, async ({ affiliateId }, { identity }) => {
      const viewer = viewerOf(identity)
      const affiliate = await findAffiliate(store.read, affiliateId)
      if (!affiliate || (affiliate.creator !== viewer.login && !isEditor(viewer))) throw notFound()
      return { body: await Promise.all(affiliate.usages.map(usage => shown({ usage, affiliate, viewer }))) }
    }),

    writeHandler(store, create, async (tx, { affiliateId, body: { startDate, endDate } }, context) => {
      const viewer = requireKind(context.identity, 'user', 'staff', 'admin')
      if (startDate > endDate) throw failure('refused', 'endDate: must not be before startDate')
      const row = await lockAffiliate(tx, affiliateId)
      if (!row) throw notFound()
      requireReporter({ viewer, isOwn: row.creator === viewer.login })
      if (row.usages.length >= mostReports) throw failure('conflict', 'There are too many usage reports.')
      const { id, made } = await beginReport(tx, affiliateId, row.details.type, startDate, endDate)
      const report = { ...(await reportOf(tx.query, affiliateId, id)), viewer }
      if (made) await recordAudit(tx, [usageCreated(report.usage, affiliateId, principalOf(context.identity))])
      return { body: await shown(report) }
    }),

    handlerOf(get, async ({ commercialUsageId }, { identity }) => ({
      body: await shown(await readReport(store.read, commercialUsageId, identity)),
    })),

    writeHandler(store, setContext, async (tx, { commercialUsageId, body }, { identity }) => {
      await openReport(tx, commercialUsageId, identity)
      const { currentUsage, plannedUsage, purpose, implementationStatus, otherActivities } = body
      const context = shownContext({
        context: {
          currentUsage: currentUsage ?? null,
          plannedUsage: plannedUsage ?? null,
          purpose: purpose ?? null,
          implementationStatus: implementationStatus ?? null,
          otherActivities: otherActivities ?? null,
        },
      })
      await saveReportContext(tx, commercialUsageId, context)
      return { body: context }
    }),

    writeHandler(store, setType, async (tx, { commercialUsageId, type }, { identity }) => {
      const { usage } = await openReport(tx, commercialUsageId, identity)
      await saveReportType(tx, commercialUsageId, type)
      return { body: shownContext(usage) }
    }),

    writeHandler(store, transition, async (tx, { commercialUsageId, body }, { identity }) => {
      const report = await lockReport(tx, commercialUsageId, identity)
      const { usage, affiliate, viewer, isOwn } = report
      const mayStaff = actsFor(viewer, affiliate.home_member)
      if (!mayStaff && (!isOwn || isForStaff(body.transition))) throw accessDenied()
      const state = afterTransition(usage, body.transition)
      const retracts = body.transition === 'RETRACT'
      const id = retracts ? await retractReport(tx, commercialUsageId) : commercialUsageId
      if (!retracts) await saveReportState(tx, id, state, body.transition === 'SUBMIT')
      const after = await again(tx, report, id)
      await recordAudit(tx, [usageStateChanged(after.usage, affiliate.affiliate_id, principalOf(identity))])
      return { body: await shown(after) }
    }),

    ...usagePartHandlers(options),
  ]
}
