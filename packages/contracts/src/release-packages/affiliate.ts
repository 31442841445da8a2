import { z } from 'zod'
import { everybody, some } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { among } from '../read-audience.ts'
import { mldsErrors, mldsQuery } from './access-values.ts'
import { affiliateDetailsInput, affiliateDetailsSchema } from './affiliate-details.ts'
import { affiliateImportSchema, affiliateImportSpecSchema } from './affiliate-import.ts'
import { applicationSchema } from './application.ts'
import { commercialUsageSchema } from './commercial-usage-values.ts'
import { memberKeySchema } from './member.ts'
import { entityId, instant, longText } from './package-values.ts'

export const standings = [
  'APPLYING',
  'PENDING_INVOICE',
  'INVOICE_SENT',
  'IN_GOOD_STANDING',
  'DEACTIVATION_PENDING',
  'DEACTIVATED',
  'DEREGISTERED',
  'REJECTED',
] as const
export type Standing = (typeof standings)[number]

export const affiliateSchema = z
  .object({
    affiliateId: z.int(),
    created: instant,
    type: z.string().nullable(),
    creator: z.string().nullable().meta({ description: 'The login that acts for it' }),
    importKey: z.string().nullable(),
    homeMember: memberKeySchema,
    standingState: z.enum(standings),
    affiliateDetails: affiliateDetailsSchema,
    application: applicationSchema.nullable().meta({ description: 'The primary one' }),
    applications: z.array(applicationSchema),
    commercialUsages: z.array(commercialUsageSchema),
    notesInternal: z.string().nullable().optional().meta({ description: 'Shown to staff and administrators only' }),
  })
  .meta({ id: 'MldsAffiliate', description: 'A licensee' })

const affiliateId = entityId

export const affiliateOperations = {
  check: operation('catalog.affiliate.check', {
    summary: 'Tells whether exactly one affiliate of a member matches a text',
    effect: 'read',
    audience: among('anonymous', everybody),
    input: z.object({
      member: z.string().optional(),
      match: z.string().optional(),
      affiliateId: z.string().optional(),
    }),
    output: z.object({ matched: z.boolean() }),
    errors: ['forbidden', 'refused'],
  }),
  mine: operation('catalog.affiliate.mine', {
    summary: 'Reads the affiliate of the caller, as a list of none or one',
    effect: 'read',
    audience: among('licensee', some([], { account: 'creator' })),
    input: z.object({}),
    output: z.array(affiliateSchema),
    errors: ['unauthenticated', 'forbidden'],
  }),
  ofCreator: operation('catalog.affiliate.of-creator', {
    summary: 'Reads the affiliate that a login acts for, as a list of none or one',
    effect: 'read',
    audience: among('licensee', some(['editor'], { account: 'creator' })),
    input: z.object({ login: z.string().max(255) }),
    output: z.array(affiliateSchema),
    errors: ['unauthenticated', 'forbidden'],
  }),
  list: operation('catalog.affiliate.list', {
    summary: 'Lists affiliates, a page at a time',
    effect: 'read',
    audience: some(['editor']),
    flow: 'streamed-answer',
    input: z.object({ query: mldsQuery }),
    output: z.object({ affiliates: z.array(affiliateSchema), totalResults: z.int(), totalPages: z.int() }),
    errors: ['unauthenticated', 'forbidden', 'refused'],
  }),
  export: operation('catalog.affiliate.export', {
    summary: 'All affiliates as a table, columns divided by `^`; for administrators',
    effect: 'read',
    audience: some(['package-administrator']),
    flow: 'streamed-answer',
    input: z.object({}),
    output: z.unknown().meta({ type: 'string', contentMediaType: 'application/csv' }),
    errors: ['unauthenticated', 'forbidden'],
  }),
  import: operation('catalog.affiliate.import', {
    summary: 'Takes a table of approved affiliates in, all of it or nothing; for administrators',
    effect: 'write',
    flow: 'streamed-request',
    input: z.object({}),
    output: affiliateImportSchema.meta({ description: 'With status 400 where a line is not right' }),
    errors: [...mldsErrors, 'malformed', 'too_large'],
  }),
  importSpec: operation('catalog.affiliate.import-spec', {
    summary: 'Describes the table that can be taken in; for administrators',
    effect: 'read',
    audience: some(['package-administrator']),
    input: z.object({}),
    output: affiliateImportSpecSchema,
    errors: ['unauthenticated', 'forbidden'],
  }),
  get: operation('catalog.affiliate.get', {
    summary: 'Reads an affiliate',
    effect: 'read',
    audience: some(['editor']),
    input: z.object({ affiliateId }),
    output: affiliateSchema,
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  getDetail: operation('catalog.affiliate.get-detail', {
    summary: 'Reads who an affiliate is and how it is reached',
    effect: 'read',
    audience: among('licensee', some(['editor'], { account: 'creator' })),
    input: z.object({ affiliateId }),
    output: affiliateDetailsSchema,
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  update: operation('catalog.affiliate.update', {
    summary: 'Sets standing and notes of an affiliate',
    effect: 'write',
    input: z.object({
      affiliateId,
      body: z.object({ standingState: z.enum(standings).nullish(), notesInternal: longText }),
    }),
    output: affiliateSchema,
    errors: mldsErrors,
  }),
  delete: operation('catalog.affiliate.delete', {
    summary: 'Deletes an affiliate that is still applying, with its applications; its account goes after it',
    effect: 'write',
    input: z.object({ affiliateId }),
    output: affiliateSchema,
    errors: mldsErrors,
  }),
  updateDetail: operation('catalog.affiliate.update-detail', {
    summary: 'Changes who an approved affiliate is and how it is reached',
    effect: 'write',
    input: z.object({ affiliateId, body: affiliateDetailsInput }),
    output: affiliateDetailsSchema,
    errors: mldsErrors,
  }),
}

const data = z.object({
  affiliate_id: z.int(),
  login: z.string().nullable(),
  home_member: z.string(),
  standing: z.enum(standings),
})

const audience = some(['administrator'], { account: 'login', member: 'home_member' })

export const affiliateEvents = {
  created: eventType('affiliate.created', { summary: 'An affiliate was made for an account', audience, data }),
  updated: eventType('affiliate.updated', {
    summary: 'Standing, home or details of an affiliate changed',
    audience,
    data,
  }),
  deleted: eventType('affiliate.deleted', {
    summary: 'An affiliate that was applying was deleted, and its account is to go',
    audience,
    data,
  }),
}
