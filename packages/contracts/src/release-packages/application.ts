import { z } from 'zod'
import { some } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { among } from '../read-audience.ts'
import { mldsErrors, mldsQuery } from './access-values.ts'
import { affiliateDetailsInput, affiliateDetailsSchema, affiliateTypeInput } from './affiliate-details.ts'
import { commercialUsageSchema } from './commercial-usage-values.ts'
import { memberKeySchema } from './member.ts'
import { entityId, instant, longText, shortText } from './package-values.ts'

export const applicationTypes = ['PRIMARY', 'EXTENSION', 'IMPORT'] as const
export type ApplicationType = (typeof applicationTypes)[number]

export const approvalStates = [
  'NOT_SUBMITTED',
  'CHANGE_REQUESTED',
  'SUBMITTED',
  'RESUBMITTED',
  'REVIEW_REQUESTED',
  'APPROVED',
  'REJECTED',
] as const
export type ApprovalState = (typeof approvalStates)[number]

export const applicationSchema = z
  .object({
    applicationType: z.enum(applicationTypes),
    applicationId: z.int(),
    username: z.string(),
    member: memberKeySchema,
    approvalState: z.enum(approvalStates),
    createdAt: instant,
    submittedAt: instant.nullable(),
    completedAt: instant.nullable(),
    affiliate: z.record(z.string(), z.unknown()).optional().meta({ description: 'Without its applications' }),
    affiliateDetails: affiliateDetailsSchema,
    notesInternal: z.string().nullable().optional().meta({ description: 'Shown to staff and administrators only' }),
    reason: z.string().nullable().optional().meta({ description: 'Of an extension' }),
    snoMedLicense: z.boolean().optional().meta({ description: 'Of a primary application' }),
    commercialUsage: z.null().optional().meta({ description: 'Null on the bus; over REST it is `usageReport`' }),
    usageReport: commercialUsageSchema
      .nullable()
      .optional()
      .meta({ description: 'Of a primary application; over REST its name is `commercialUsage`' }),
    type: z.string().nullable().optional(),
    subType: z.string().nullable().optional(),
    otherText: z.string().nullable().optional(),
  })
  .meta({ id: 'MldsApplication', description: 'An affiliate asks a member for its packages' })

const registrationBody = z.object({
  type: affiliateTypeInput,
  subType: shortText,
  otherText: shortText,
  snoMedTC: z.preprocess(value => (value === 'true' ? true : value === 'false' ? false : value), z.boolean().nullish()),
  affiliateDetails: affiliateDetailsInput,
})
export type RegistrationBody = z.output<typeof registrationBody>

const applicationId = entityId
const output = applicationSchema
const errors = mldsErrors

export const applicationOperations = {
  list: operation('catalog.application.list', {
    summary: 'Lists applications, a page at a time',
    effect: 'read',
    audience: some(['editor']),
    flow: 'streamed-answer',
    input: z.object({ query: mldsQuery }),
    output: z.array(applicationSchema),
    errors: ['unauthenticated', 'forbidden'],
  }),
  create: operation('catalog.application.create', {
    summary: 'Starts an application of the caller',
    effect: 'write',
    input: z.object({
      body: z.object({ applicationType: z.enum(applicationTypes), memberKey: shortText }),
    }),
    output,
    errors,
  }),
  mine: operation('catalog.application.mine', {
    summary: 'Reads the first application of the caller',
    effect: 'read',
    audience: among('licensee', some([], { account: 'username' })),
    input: z.object({}),
    output,
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  get: operation('catalog.application.get', {
    summary: 'Reads an application',
    effect: 'read',
    audience: among('licensee', some(['editor'], { account: 'username' })),
    input: z.object({ applicationId }),
    output,
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  update: operation('catalog.application.update', {
    summary: 'Sets the reason of an extension, and submits it',
    effect: 'write',
    input: z.object({
      applicationId,
      body: z.object({ reason: longText, approvalState: z.enum(approvalStates).nullish() }),
    }),
    output,
    errors,
  }),
  delete: operation('catalog.application.delete', {
    summary: 'Withdraws an extension',
    effect: 'write',
    input: z.object({ applicationId }),
    output: z.void(),
    errors,
  }),
  saveRegistration: operation('catalog.application.save-registration', {
    summary: 'Keeps what was filled in of a primary application',
    effect: 'write',
    input: z.object({ applicationId, body: registrationBody }),
    output,
    errors,
  }),
  submitRegistration: operation('catalog.application.submit-registration', {
    summary: 'Submits a primary application',
    effect: 'write',
    input: z.object({ applicationId, body: registrationBody }),
    output,
    errors,
  }),
  approve: operation('catalog.application.approve', {
    summary: 'Puts an application into the state that a reviewer chose',
    effect: 'write',
    input: z.object({ applicationId, state: z.enum(approvalStates) }),
    output,
    errors,
  }),
  setNotes: operation('catalog.application.set-notes', {
    summary: 'Sets the notes that only staff sees',
    effect: 'write',
    input: z.object({ applicationId, notes: longText }),
    output,
    errors,
  }),
}

const data = z.object({
  application_id: z.int(),
  application_type: z.enum(applicationTypes),
  affiliate_id: z.int(),
  login: z.string(),
  member: z.string(),
  approval_state: z.enum(approvalStates),
})

const audience = some(['administrator'], { account: 'login', member: 'member' })

export const applicationEvents = {
  created: eventType('application.created', {
    summary: 'An affiliate began to ask a member for access',
    audience,
    data,
  }),
  updated: eventType('application.updated', { summary: 'An application or its state changed', audience, data }),
  deleted: eventType('application.deleted', { summary: 'An application was withdrawn', audience, data }),
}
