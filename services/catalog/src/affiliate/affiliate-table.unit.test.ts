import { expect, it } from 'vitest'
import { emptyDetails } from './affiliate-details.ts'
import { affiliateLine, cellOf, headLine } from './affiliate-table.ts'

it('has the columns of MLDS in its order', () => {
  expect(headLine).toBe(
    'member^importKey^type^subType^agreementType^otherText^firstName^lastName^email^alternateEmail^thirdEmail' +
      '^landlineNumber^landlineExtension^mobileNumber^organizationType^organizationTypeOther^organizationName' +
      '^addressStreet^addressCity^addressPost^addressCountry^billingStreet^billingCity^billingPost^billingCountry\n',
  )
  const details = { ...emptyDetails, affiliateDetailsId: 1, firstName: 'Ann', organizationName: 'Lab' }
  const address = { street: 'S', city: 'C', post: '1', country: 'SE' }
  const row = { affiliate_id: 7, import_key: null, member: 'SE', details: { ...details, address } }
  expect(affiliateLine(row)).toBe('SE^AFFILIATE-7^^^AFFILIATE_NORMAL^^Ann^^^^^^^^^^Lab^S^C^1^SE^^^^\n')
  expect(affiliateLine({ ...row, import_key: 'K1' })).toMatch(/^SE\^K1\^/)
})

it.each([
  [null, ''],
  [' Ann ', 'Ann'],
  ['a^b\r\nc', 'a b c'],
  ['=1+1', "'=1+1"],
  ['\n=1+1', "'=1+1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['-2+3', "'-2+3"],
  ['+1 416 (0) 12', '+1 416 (0) 12'],
  ["+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"],
])('writes %j as %j', (value, cell) => {
  expect(cellOf(value)).toBe(cell)
})
