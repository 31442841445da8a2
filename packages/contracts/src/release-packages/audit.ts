import { z } from 'zod'
import { some } from '../audience.ts'
import { operation } from '../operation.ts'
import { mldsQuery } from './access-values.ts'
import { downloadPeriod } from './download-period.ts'
import { instant } from './package-values.ts'

export const auditEventSchema = z
  .object({
    timestamp: instant,
    principal: z.string(),
    type: z.string(),
    data: z.record(z.string(), z.string()),
  })
  .meta({ id: 'MldsAuditEvent', description: 'Who did what' })

const rawAuditEvent = z.object({
  id: z.int(),
  principal: z.string(),
  auditEventDate: instant,
  auditEventType: z.string(),
  data: z.record(z.string(), z.string()),
  affiliateId: z.int().nullable(),
  applicationId: z.int().nullable(),
  commercialUsageId: z.null(),
  releasePackageId: z.int().nullable(),
  releaseVersionId: z.int().nullable(),
  releaseFileId: z.int().nullable(),
})

const errors = ['unauthenticated', 'forbidden', 'refused'] as const

export const auditOperations = {
  list: operation('catalog.audit.list', {
    summary: 'Lists what was done, oldest first',
    effect: 'read',
    audience: some(['editor']),
    flow: 'streamed-answer',
    input: z.object({ query: mldsQuery }),
    output: z.array(auditEventSchema),
    errors,
  }),
  downloads: operation('catalog.audit.downloads', {
    summary: 'Lists downloads that went well, oldest first, as they were recorded',
    effect: 'read',
    audience: some(['editor']),
    flow: 'streamed-answer',
    input: z.object({
      body: downloadPeriod,
    }),
    output: z.array(rawAuditEvent),
    errors,
  }),
}
