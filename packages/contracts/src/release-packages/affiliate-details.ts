import { z } from 'zod'
import { countrySchema } from './country.ts'
import { shortText } from './package-values.ts'

export const affiliateTypes = ['COMMERCIAL', 'ACADEMIC', 'OTHER', 'INDIVIDUAL'] as const
export type AffiliateType = (typeof affiliateTypes)[number]

/** The client sends an empty text where nothing was chosen. */
export const affiliateTypeInput = z.preprocess(value => (value === '' ? null : value), z.enum(affiliateTypes).nullish())

const texts = {
  otherText: shortText,
  subType: shortText,
  agreementType: shortText,
  firstName: shortText,
  lastName: shortText,
  email: shortText,
  alternateEmail: shortText,
  thirdEmail: shortText,
  landlineNumber: shortText,
  landlineExtension: shortText,
  mobileNumber: shortText,
  organizationName: shortText,
  organizationType: shortText,
  organizationTypeOther: shortText,
}

const addressInput = z
  .object({
    street: shortText,
    city: shortText,
    post: shortText,
    country: z.object({ isoCode2: shortText }).nullish(),
  })
  .nullish()

/** What is known of an affiliate as clients send it; what is absent stays as it is. */
export const affiliateDetailsInput = z.object({
  ...texts,
  type: affiliateTypeInput,
  address: addressInput,
  billingAddress: addressInput,
  acceptNotifications: z.boolean().nullish(),
  countryNotificationsOnly: z.boolean().nullish(),
})
export type AffiliateDetailsInput = z.output<typeof affiliateDetailsInput>

const address = z.object({
  street: z.string().nullable(),
  city: z.string().nullable(),
  post: z.string().nullable(),
  country: countrySchema.nullable(),
})

export const affiliateDetailsSchema = z
  .object({
    affiliateDetailsId: z.int(),
    type: z.enum(affiliateTypes).nullable(),
    ...(Object.fromEntries(Object.keys(texts).map(name => [name, z.string().nullable()])) as Record<
      keyof typeof texts,
      z.ZodNullable<z.ZodString>
    >),
    address,
    billingAddress: address,
    acceptNotifications: z.boolean(),
    countryNotificationsOnly: z.boolean(),
  })
  .meta({ id: 'MldsAffiliateDetails', description: 'Who an affiliate is and how it is reached' })
