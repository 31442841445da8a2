import type { AffiliateRow } from './affiliate.ts'

/** What the export reads of an affiliate. */
export type ExportedAffiliate = Pick<AffiliateRow, 'affiliate_id' | 'import_key' | 'details'> & {
  /** Of the primary application. */
  readonly member: string
}

/** Columns in the order of MLDS, by its names. */
const columns: readonly (readonly [name: string, value: (row: ExportedAffiliate) => string | null])[] = [
  ['member', ({ member }) => member],
  ['importKey', ({ import_key, affiliate_id }) => import_key?.trim() || `AFFILIATE-${affiliate_id}`],
  ...(
    [
      ...['type', 'subType', 'agreementType', 'otherText', 'firstName', 'lastName', 'email', 'alternateEmail'],
      ...['thirdEmail', 'landlineNumber', 'landlineExtension', 'mobileNumber', 'organizationType'],
      ...['organizationTypeOther', 'organizationName'],
    ] as (keyof ExportedAffiliate['details'] & string)[]
  ).map(name => [name, ({ details }: ExportedAffiliate) => details[name] as string | null] as const),
  ...(['address', 'billingAddress'] as const).flatMap(address =>
    (['street', 'city', 'post', 'country'] as const).map(
      line =>
        [
          `${address === 'address' ? 'address' : 'billing'}${line[0]?.toUpperCase()}${line.slice(1)}`,
          ({ details }: ExportedAffiliate) => details[address][line],
        ] as const,
    ),
  ),
]

/** MLDS knows no quotes: what divides columns and lines cannot be in a value. */
const separator = '^'
const dividers = /[\^\r\n\u2028\u2029]+/g
/** A spreadsheet takes it for a formula, and runs it. */
const formula = /^[=@+\-\t]/
const telephoneNumber = /^\+[\d ()./-]+$/

/** A text as a spreadsheet may open it: what would be a formula has an apostrophe before it. */
export const withoutFormula = (text: string): string =>
  formula.test(text) && !telephoneNumber.test(text) ? `'${text}` : text

/** A value of the table. */
export const cellOf = (value: string | null): string => withoutFormula((value ?? '').replaceAll(dividers, ' ').trim())

const lineOf = (values: readonly string[]): string => `${values.join(separator)}\n`

export const headLine: string = lineOf(columns.map(([name]) => name))
export const affiliateLine = (row: ExportedAffiliate): string => lineOf(columns.map(([, value]) => cellOf(value(row))))
