import { z } from 'zod'
import { isoDay } from '../iso-times.ts'
import { affiliateTypes } from './affiliate-details.ts'
import { countrySchema } from './country.ts'
import { instant, longText, shortText } from './package-values.ts'

/** A report is with its affiliate in the first two, with the staff that sends invoices in the others. */
export const usageStates = [
  'NOT_SUBMITTED',
  'CHANGE_REQUESTED',
  'SUBMITTED',
  'RESUBMITTED',
  'PENDING_INVOICE',
  'INVOICE_SENT',
  'REVIEW_REQUESTED',
  'PAID',
  'REJECTED',
] as const
export type UsageState = (typeof usageStates)[number]

export const usageTransitions = ['SUBMIT', 'RETRACT', 'PENDING_INVOICE', 'INVOICE_SENT', 'PAID'] as const
export type UsageTransition = (typeof usageTransitions)[number]

/** Numbers of a country, by the names of the API. */
export const usageCounts = [
  'snomedPractices',
  'hospitalsStaffingPractices',
  'dataCreationPracticesNotPartOfHospital',
  'nonPracticeDataCreationSystems',
  'deployedDataAnalysisSystems',
  'databasesPerDeployment',
] as const

const text = z.string().nullable()
const day = z.string().nullable().meta({ format: 'date' })

export const usageContextSchema = z
  .object({ currentUsage: text, plannedUsage: text, purpose: text, implementationStatus: text, otherActivities: text })
  .meta({ id: 'MldsUsageContext', description: 'What the releases are used for' })
export type UsageContext = z.output<typeof usageContextSchema>

export const usageEntrySchema = z
  .object({
    commercialUsageEntryId: z.int(),
    name: text,
    note: text,
    startDate: day,
    endDate: day,
    country: countrySchema.nullable(),
    created: instant,
  })
  .meta({ id: 'MldsUsageEntry', description: 'An institution that uses the releases' })

const countOf = <Value extends z.ZodType>(value: Value) =>
  Object.fromEntries(usageCounts.map(name => [name, value])) as Record<(typeof usageCounts)[number], Value>

export const usageCountrySchema = z
  .object({
    commercialUsageCountId: z.int(),
    country: countrySchema.nullable(),
    notes: text,
    ...countOf(z.int()),
    created: instant,
  })
  .meta({ id: 'MldsUsageCountry', description: 'How much the releases are used in a country' })

export const commercialUsageSchema = z
  .object({
    commercialUsageId: z.int(),
    affiliate: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'Without its applications and reports; absent inside an affiliate or an application' }),
    type: z.enum(affiliateTypes).nullable(),
    created: instant,
    startDate: day,
    endDate: day,
    state: z.enum(usageStates),
    note: text,
    effectiveTo: instant.nullable().meta({ description: 'When it was retracted; another one took its place' }),
    context: usageContextSchema,
    submitted: instant.nullable(),
    entries: z.array(usageEntrySchema),
    countries: z.array(usageCountrySchema),
  })
  .meta({ id: 'MldsCommercialUsage', description: 'What an affiliate reports of its use in a period' })

/** Columns of the review, in their order. */
export const usageReviewColumns = [
  'affiliateId',
  'member',
  'deploymentCountry',
  'affiliateCountry',
  'startDate',
  'endDate',
  'standingState',
  'created',
  'agreementType',
  'applicant',
  'type',
  'organizationName',
  'organizationType',
  'currentUsage',
  'plannedUsage',
  'purpose',
  'implementationStatus',
  'otherActivities',
  'snomedPractices',
  'hospitalsStaffingPractices',
  'databasesPerDeployment',
  'deployedDataAnalysisSystems',
  'hospitals',
] as const

export const usageReviewSchema = z
  .array(z.array(z.union([z.string(), z.int()])))
  .meta({ description: `Rows of ${usageReviewColumns.join(', ')}; \`\\N\` where there is no value` })

/** The client sends an empty text where nothing was filled in. */
const orNull = <Value extends z.ZodType>(value: Value) =>
  z.preprocess(given => (given === '' ? null : given), value.nullish())

const country = z.object({ isoCode2: z.string().max(255) })

export const usageEntryInput = z.object({
  commercialUsageEntryId: z.int().nullish(),
  name: shortText,
  note: longText,
  startDate: orNull(isoDay()),
  endDate: orNull(isoDay()),
  country,
})
export type UsageEntryInput = z.output<typeof usageEntryInput>

export const usageCountryInput = z.object({
  commercialUsageCountId: z.int().nullish(),
  notes: longText,
  ...countOf(orNull(z.int().min(0).max(2_147_483_647))),
  country,
})
export type UsageCountryInput = z.output<typeof usageCountryInput>
