import { expect, it } from 'vitest'
import { emptyDetails } from '../affiliate/affiliate-details.ts'
import { affiliateLine } from '../affiliate/affiliate-table.ts'
import { importColumns } from './columns.ts'
import type { KeptAffiliate } from './import.store.ts'
import { readTable, utf8Text } from './lines.ts'
import { planImport } from './plan.ts'
import { importSpec } from './spec.ts'

const known = { members: new Set(['SE', 'DK']), countries: new Set(['SE', 'DK']) }
const head = importColumns.map(({ name }) => name).join('^')
/** A line of these values, the others empty. */
const line = (values: Record<string, string>) => importColumns.map(({ name }) => values[name] ?? '').join('^')
const plan = (lines: readonly string[], kept: readonly KeptAffiliate[] = []) =>
  planImport(readTable(lines.join('\n')), kept, known)

const kept = (more: Partial<KeptAffiliate> = {}, details: object = {}): KeptAffiliate => ({
  affiliate_id: 7,
  seq: 1,
  created_at: '2026-01-01T00:00:00Z',
  creator: null,
  import_key: 'K1',
  home_member: 'SE',
  standing: 'IN_GOOD_STANDING',
  details: { ...emptyDetails, affiliateDetailsId: 1, ...details },
  notes_internal: null,
  primary_state: 'APPROVED',
  ...more,
})
const exported = (row: KeptAffiliate) => affiliateLine({ ...row, member: row.home_member }).trimEnd()

it('reads lines as MLDS does: any line end, no quotes, blank around values', () => {
  const { count, head, lines } = readTable('\r\nA^B\r"x^y" \n\n ^\0z^\n')
  expect(count).toBe(5)
  expect(head).toEqual({ number: 2, cells: ['A', 'B'] })
  expect(lines).toEqual([
    { number: 3, cells: ['"x', 'y"'] },
    { number: 5, cells: ['', 'z', ''] },
  ])
})

it('takes UTF-8 with and without its mark, and nothing else', () => {
  expect(utf8Text(Buffer.from('\ufeffÅ'))).toBe('Å')
  expect(utf8Text(Buffer.from('Å', 'latin1'))).toBeUndefined()
  expect(utf8Text(Buffer.from('\ufeffmember', 'utf16le'))).toBeUndefined()
})

it('refuses a table that is too long before it is taken apart', () => {
  expect(() => readTable('\n'.repeat(10_001))).toThrow('The table has more than 10000 lines')
  expect(readTable('^'.repeat(1_000_000)).head?.cells).toHaveLength(100)
})

it.each([
  [
    ['member^importKey', line({ member: 'SE', importKey: '1' })],
    ['Line:1 Incorrect number of fields: found=2 required=25'],
  ],
  [[head.replace('subType', 'sub'), ''], ['Line:1 Col:3:subType Header value=sub does not match title=subType']],
  [[head.toUpperCase(), line({ importKey: '1' })], ['Line:2 Col:0:member Missing required field']],
  [
    [head, line({ member: 'se', importKey: '1', addressCountry: 'XX' })],
    [
      'Line:2 Col:0:member Field value=se not one of the recognized ISO 3166-1 alpha-2 country codes used for member',
      'Line:2 Col:20:addressCountry Field value=XX not one of the recognized ISO 3166-1 alpha-2 country codes',
    ],
  ],
  [
    [head, line({ member: 'SE', importKey: '1', type: 'Commercial' })],
    ['Line:2 Col:2:type Field value=Commercial not one of options: [COMMERCIAL, ACADEMIC, OTHER, INDIVIDUAL]'],
  ],
  [
    [head, line({ member: 'SE', importKey: '1', firstName: 'a\0b', lastName: 'x'.repeat(256) })],
    [
      'Line:2 Col:6:firstName Field value has characters that are no text',
      'Line:2 Col:7:lastName Field value is longer than 255 characters',
    ],
  ],
])('says what is wrong with %j', (lines, errors) => {
  expect(plan(lines)).toEqual({ errors, made: [], changed: [], updated: 0 })
})

it('makes an affiliate of a line; of two with the same key the last one counts', () => {
  const { made, updated } = plan([
    head,
    line({ member: 'SE', importKey: "'=1", firstName: "'=Ann", addressCountry: 'DK' }),
    line({ member: 'DK', importKey: '=1', agreementType: 'AFFILIATE_RESEARCH' }),
    line({ member: 'SE', importKey: '=1', lastName: "O'Hara" }),
  ])
  expect(updated).toBe(1)
  expect(made).toEqual([
    { import_key: '=1', home_member: 'SE', details: { ...emptyDetails, lastName: "O'Hara" } },
    { import_key: '=1', home_member: 'DK', details: { ...emptyDetails, agreementType: 'AFFILIATE_RESEARCH' } },
  ])
})

it('leaves what was exported as it is kept, also what the table cannot hold', () => {
  const row = kept({ creator: 'ann' }, { firstName: 'a^b\nc', otherText: '=1', subType: 'free text', email: 'a@b' })
  expect(plan([head, exported(row)], [row])).toEqual({ errors: [], made: [], changed: [], updated: 1 })
  const changed = exported(row).replace('^a@b^', '^c@d^')
  expect(plan([head, changed], [row]).changed).toEqual([{ affiliate_id: 7, details: { ...row.details, email: 'c@d' } }])
  expect(plan([head, changed.replace('^c@d^', '^^')], [row]).errors).toEqual([
    'Line:2 Primary email address (email) is a required field',
  ])
})

it('takes a made up key for the affiliate that it was made up for only', () => {
  const row = kept({ import_key: null }, { email: 'a@b' })
  const changed = exported(row).replace('AFFILIATE_NORMAL', 'AFFILIATE_RESEARCH')
  expect(changed).toContain('^AFFILIATE-7^')
  expect(plan([head, changed], [row]).changed).toMatchObject([{ affiliate_id: 7 }])
  expect(plan([head, changed.replace('a@b', 'other')], [row]).errors).toEqual([
    'Line:2 Field value=AFFILIATE-7 stands for an affiliate with another email',
  ])
  expect(plan([head, changed], []).made).toMatchObject([{ import_key: 'AFFILIATE-7' }])
})

it('approves nobody by the way', () => {
  const row = kept({ import_key: null, primary_state: 'SUBMITTED' }, { email: 'a@b' })
  expect(plan([head, exported(row)], [row])).toEqual({ errors: [], made: [], changed: [], updated: 1 })
  const changed = exported(row).replace('AFFILIATE_NORMAL', 'AFFILIATE_RESEARCH')
  expect(plan([head, changed], [row]).errors).toEqual(['Line:2 The affiliate was not approved'])
})

it('describes a table that it takes in itself', () => {
  const spec = importSpec(['SE', 'DK'], ['DK', 'SE'])
  expect(spec.columns[0]).toEqual({
    columnName: 'member',
    attributeClass: 'Member',
    required: true,
    example: 'DK',
    options: ['DK', 'SE'],
  })
  expect(spec.columns[2]).toMatchObject({
    attributeClass: 'AffiliateType',
    required: false,
    options: ['ACADEMIC', 'COMMERCIAL', 'INDIVIDUAL', 'OTHER'],
  })
  expect(spec.columns[6]).toMatchObject({ columnName: 'firstName', attributeClass: 'String', options: [] })
  const { errors, made } = plan(spec.example.split('\n'))
  expect([errors, made.length]).toEqual([[], 2])
})
