import { type AffiliateDetailsInput, type AffiliateType, failure } from '@slipway/contracts'
import type { Countries, Country } from '../country/country.store.ts'

export type Address = {
  readonly street: string | null
  readonly city: string | null
  readonly post: string | null
  /** Two letters. */
  readonly country: string | null
}

const texts = [
  'otherText',
  'subType',
  'agreementType',
  'firstName',
  'lastName',
  'email',
  'alternateEmail',
  'thirdEmail',
  'landlineNumber',
  'landlineExtension',
  'mobileNumber',
  'organizationName',
  'organizationType',
  'organizationTypeOther',
] as const
type Texts = Readonly<Record<(typeof texts)[number], string | null>>

/** Details as they are kept, but for their id. */
export type Details = Texts & {
  readonly type: AffiliateType | null
  readonly address: Address
  readonly billingAddress: Address
  readonly acceptNotifications: boolean
  readonly countryNotificationsOnly: boolean
}

export type StoredDetails = Details & { readonly affiliateDetailsId: number }

const nowhere: Address = { street: null, city: null, post: null, country: null }

/** Details of somebody of whom nothing is known. */
export const emptyDetails: Details = {
  ...(Object.fromEntries(texts.map(name => [name, null])) as Texts),
  type: null,
  agreementType: 'AFFILIATE_NORMAL',
  address: nowhere,
  billingAddress: nowhere,
  acceptNotifications: true,
  countryNotificationsOnly: false,
}

/** What only staff may change once an application is approved, beside the e-mail address. */
const staffOnly: readonly string[] = ['type', 'otherText', 'subType', 'agreementType']

/**
 * Details after a change; what is absent stays, null empties. `scope`: an applicant fills in everything, an approved
 * affiliate neither its type nor its country, because those were what was approved.
 * @throws `refused` for a country that there is not
 */
export function mergeDetails<Kept extends Details>(
  details: Kept,
  input: AffiliateDetailsInput,
  scope: 'application' | 'affiliate' | 'staff',
  countries: Countries,
): Kept {
  const given = texts.filter(name => input[name] !== undefined && (scope !== 'affiliate' || !staffOnly.includes(name)))
  return {
    ...details,
    ...Object.fromEntries(given.map(name => [name, input[name]])),
    ...(input.type !== undefined && scope !== 'affiliate' && { type: input.type }),
    address: mergeAddress(details.address, input.address, scope === 'application', countries),
    billingAddress: mergeAddress(details.billingAddress, input.billingAddress, true, countries),
    acceptNotifications: input.acceptNotifications ?? details.acceptNotifications,
    countryNotificationsOnly: input.countryNotificationsOnly ?? details.countryNotificationsOnly,
  }
}

function mergeAddress(
  address: Address,
  input: AffiliateDetailsInput['address'],
  withCountry: boolean,
  countries: Countries,
): Address {
  if (input === undefined) return address
  const { country, ...lines } = input ?? { street: null, city: null, post: null, country: null }
  const given = Object.fromEntries(Object.entries(lines).filter(([, value]) => value !== undefined))
  const merged = { ...address, ...given }
  return withCountry && country !== undefined
    ? { ...merged, country: countryCode(country?.isoCode2, countries) }
    : merged
}

/** The code of a country that there is; null for none. @throws `refused` */
export function countryCode(code: string | null | undefined, countries: Countries): string | null {
  if (code == null || code === '') return null
  if (!countries.has(code)) throw failure('refused', `Unknown country: '${code}'`)
  return code
}

/** The member that looks after a country. */
export function memberOfCountry(code: string | null, countries: Countries): string | undefined {
  return code === null ? undefined : countries.get(code)?.member.key
}

/** Details as the API shows them, in its order. */
export function shownDetails(details: StoredDetails, countries: Countries) {
  const { affiliateDetailsId, type, address, billingAddress, acceptNotifications, countryNotificationsOnly } = details
  return {
    affiliateDetailsId,
    type,
    ...Object.fromEntries(texts.map(name => [name, details[name]])),
    address: shownAddress(address, countries),
    billingAddress: shownAddress(billingAddress, countries),
    acceptNotifications,
    countryNotificationsOnly,
  }
}

function shownAddress({ street, city, post, country }: Address, countries: Countries) {
  const known: Country | undefined = country === null ? undefined : countries.get(country)
  return { street, city, post, country: known ?? null }
}
