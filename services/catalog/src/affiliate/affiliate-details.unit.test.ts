import { expect, it } from 'vitest'
import type { Countries } from '../country/country.store.ts'
import { type Details, emptyDetails, memberOfCountry, mergeDetails } from './affiliate-details.ts'

const country = (isoCode2: string, key: string) => ({
  isoCode2,
  isoCode3: `${isoCode2}X`,
  commonName: isoCode2,
  excludeUsage: false,
  alternateRegistrationUrl: null,
  member: { key },
})
const countries: Countries = new Map([
  ['SE', country('SE', 'SE')],
  ['FR', country('FR', 'IHTSDO')],
])

const ann: Details = {
  ...emptyDetails,
  type: 'ACADEMIC',
  firstName: 'Ann',
  email: 'ann@example.org',
  address: { street: 'Street 1', city: 'Uppsala', post: '1', country: 'SE' },
}
const everything = {
  type: 'COMMERCIAL',
  subType: 'sub',
  agreementType: 'AFFILIATE_RESEARCH',
  firstName: 'Anna',
  address: { city: 'Paris', country: { isoCode2: 'FR' } },
  billingAddress: { city: 'Lyon', country: { isoCode2: 'FR' } },
  acceptNotifications: false,
} as const
const billed = { ...emptyDetails.billingAddress, city: 'Lyon', country: 'FR' }
const common = { firstName: 'Anna', billingAddress: billed, acceptNotifications: false }
const approvedElsewhere = { address: { ...ann.address, city: 'Paris' } }
const staffMay = { type: 'COMMERCIAL', subType: 'sub', agreementType: 'AFFILIATE_RESEARCH' }

it.each([
  ['application', { ...common, ...staffMay, address: { ...ann.address, city: 'Paris', country: 'FR' } }],
  ['staff', { ...common, ...staffMay, ...approvedElsewhere }],
  ['affiliate', { ...common, ...approvedElsewhere }],
] as const)('changes what may change of an %s', (scope, expected) => {
  expect(mergeDetails(ann, everything, scope, countries)).toEqual({ ...ann, ...expected })
})

it('keeps what is absent, and empties what is null', () => {
  expect(mergeDetails(ann, {}, 'application', countries)).toEqual(ann)
  const emptied = mergeDetails(ann, { firstName: null, address: null, type: null }, 'application', countries)
  expect(emptied).toEqual({ ...ann, firstName: null, type: null, address: emptyDetails.address })
})

it('knows the member of a country', () => {
  expect(['SE', 'FR', 'XX', null].map(code => memberOfCountry(code, countries))).toEqual([
    'SE',
    'IHTSDO',
    undefined,
    undefined,
  ])
  const nowhere = { address: { country: { isoCode2: 'XX' } } }
  expect(() => mergeDetails(ann, nowhere, 'application', countries)).toThrow("Unknown country: 'XX'")
})
