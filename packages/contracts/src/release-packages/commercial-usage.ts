import { z } from 'zod'
import { some } from '../audience.ts'
import { isoDay } from '../iso-times.ts'
import { operation } from '../operation.ts'
import { among } from '../read-audience.ts'
import { mldsErrors, mldsQuery } from './access-values.ts'
import { affiliateTypes } from './affiliate-details.ts'
import {
  commercialUsageSchema,
  usageContextSchema,
  usageCountryInput,
  usageCountrySchema,
  usageEntryInput,
  usageEntrySchema,
  usageReviewSchema,
  usageTransitions,
} from './commercial-usage-values.ts'
import { entityId, longText } from './package-values.ts'

const commercialUsageId = entityId
const ofEntry = { commercialUsageId, commercialUsageEntryId: entityId }
const ofCountry = { commercialUsageId, commercialUsageCountId: entityId }
const readErrors = ['unauthenticated', 'forbidden', 'not_found'] as const
const errors = mldsErrors

/** How affiliates report what they use the releases for, period by period. */
const audience = among('licensee', some(['editor'], { account: 'creator' }))

export const commercialUsageOperations = {
  list: operation('catalog.commercial-usage.list', {
    summary: 'Lists the usage reports of all affiliates, a page at a time',
    effect: 'read',
    audience: some(['editor']),
    flow: 'streamed-answer',
    input: z.object({ query: mldsQuery }),
    output: z.array(commercialUsageSchema),
    errors: ['unauthenticated', 'forbidden', 'refused'],
  }),
  review: operation('catalog.commercial-usage.review', {
    summary: 'Lists what submitted usage reports say, country by country, as rows of a table',
    effect: 'read',
    audience: some(['editor']),
    flow: 'streamed-answer',
    input: z.object({}),
    output: usageReviewSchema,
    errors: ['unauthenticated', 'forbidden'],
  }),
  listOf: operation('catalog.commercial-usage.list-of', {
    summary: 'Lists the usage reports of an affiliate',
    effect: 'read',
    audience,
    input: z.object({ affiliateId: entityId }),
    output: z.array(commercialUsageSchema),
    errors: [...readErrors],
  }),
  create: operation('catalog.commercial-usage.create', {
    summary: 'Begins the usage report of a period with what the latest one said, or reads the one that there is',
    effect: 'write',
    input: z.object({ affiliateId: entityId, body: z.object({ startDate: isoDay(), endDate: isoDay() }) }),
    output: commercialUsageSchema,
    errors,
  }),
  get: operation('catalog.commercial-usage.get', {
    summary: 'Reads a usage report',
    effect: 'read',
    audience,
    input: z.object({ commercialUsageId }),
    output: commercialUsageSchema,
    errors: [...readErrors],
  }),
  setContext: operation('catalog.commercial-usage.set-context', {
    summary: 'Sets what the releases are used for; what is absent becomes null',
    effect: 'write',
    input: z.object({
      commercialUsageId,
      body: z.object({
        currentUsage: longText,
        plannedUsage: longText,
        purpose: longText,
        implementationStatus: longText,
        otherActivities: longText,
      }),
    }),
    output: usageContextSchema,
    errors,
  }),
  setType: operation('catalog.commercial-usage.set-type', {
    summary: 'Sets the type of use',
    effect: 'write',
    input: z.object({ commercialUsageId, type: z.enum(affiliateTypes) }),
    output: usageContextSchema,
    errors,
  }),
  transition: operation('catalog.commercial-usage.transition', {
    summary: 'Submits, retracts or settles a usage report; a retracted one is followed by another, which is answered',
    effect: 'write',
    input: z.object({ commercialUsageId, body: z.object({ transition: z.enum(usageTransitions) }) }),
    output: commercialUsageSchema,
    errors,
  }),
  addEntry: operation('catalog.commercial-usage.add-entry', {
    summary: 'Adds an institution to a usage report',
    effect: 'write',
    input: z.object({ commercialUsageId, body: usageEntryInput }),
    output: usageEntrySchema,
    errors,
  }),
  getEntry: operation('catalog.commercial-usage.get-entry', {
    summary: 'Reads an institution of a usage report',
    effect: 'read',
    audience,
    input: z.object(ofEntry),
    output: usageEntrySchema,
    errors: [...readErrors],
  }),
  updateEntry: operation('catalog.commercial-usage.update-entry', {
    summary: 'Replaces what is said of an institution',
    effect: 'write',
    input: z.object({ ...ofEntry, body: usageEntryInput }),
    output: usageEntrySchema,
    errors,
  }),
  deleteEntry: operation('catalog.commercial-usage.delete-entry', {
    summary: 'Removes an institution from a usage report',
    effect: 'write',
    input: z.object(ofEntry),
    output: z.void(),
    errors,
  }),
  addCountry: operation('catalog.commercial-usage.add-country', {
    summary: 'Adds a country to a usage report, once',
    effect: 'write',
    input: z.object({ commercialUsageId, body: usageCountryInput }),
    output: usageCountrySchema,
    errors,
  }),
  getCountry: operation('catalog.commercial-usage.get-country', {
    summary: 'Reads a country of a usage report',
    effect: 'read',
    audience,
    input: z.object(ofCountry),
    output: usageCountrySchema,
    errors: [...readErrors],
  }),
  updateCountry: operation('catalog.commercial-usage.update-country', {
    summary: 'Replaces the numbers of a country',
    effect: 'write',
    input: z.object({ ...ofCountry, body: usageCountryInput }),
    output: usageCountrySchema,
    errors,
  }),
  deleteCountry: operation('catalog.commercial-usage.delete-country', {
    summary: 'Removes a country with its institutions from a usage report',
    effect: 'write',
    input: z.object(ofCountry),
    output: z.void(),
    errors,
  }),
}
