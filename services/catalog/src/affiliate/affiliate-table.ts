import type { AffiliateRow } from './affiliate.ts'
import type { Address, Details } from './affiliate-details.ts'

/** What the export reads of an affiliate. */
export type ExportedAffiliate = Pick<AffiliateRow, 'affiliate_id' | 'import_key'> & {
  readonly details: Details
  /** Of the primary application. */
  readonly member: string
}

type TextName = Exclude<
  keyof Details,
  'address' | 'billingAddress' | 'acceptNotifications' | 'countryNotificationsOnly'
>
/** Where a column has its value within the details. */
export type DetailPath = readonly [TextName] | readonly ['address' | 'billingAddress', keyof Address]

export type TableColumn = { readonly name: string; readonly path: DetailPath }

const texts: readonly TextName[] = [
  ...(['type', 'subType', 'agreementType', 'otherText', 'firstName', 'lastName', 'email', 'alternateEmail'] as const),
  ...(['thirdEmail', 'landlineNumber', 'landlineExtension', 'mobileNumber', 'organizationType'] as const),
  ...(['organizationTypeOther', 'organizationName'] as const),
]
const lines = (prefix: string, address: 'address' | 'billingAddress'): TableColumn[] =>
  (['street', 'city', 'post', 'country'] as const).map(line => ({
    name: `${prefix}${line[0]?.toUpperCase()}${line.slice(1)}`,
    path: [address, line],
  }))

/** Columns of the details in the order of MLDS, by its names; those of the member and the key are in front of them. */
export const detailColumns: readonly TableColumn[] = [
  ...texts.map(name => ({ name, path: [name] as const })),
  ...lines('address', 'address'),
  ...lines('billing', 'billingAddress'),
]
export const keyColumns = ['member', 'importKey'] as const

export const detailAt = (details: Details, path: DetailPath): string | null =>
  path.length === 1 ? details[path[0]] : details[path[0]][path[1]]

/** MLDS knows no quotes: what divides columns and lines cannot be in a value. */
export const separator = '^'
const dividers = /[\^\r\n\u2028\u2029]+/g
/** A spreadsheet takes it for a formula, and runs it. */
const formula = /^[=@+\-\t]/
const telephoneNumber = /^\+[\d ()./-]+$/

/** A text as a spreadsheet may open it: what would be a formula has an apostrophe before it. */
export const withoutFormula = (text: string): string =>
  formula.test(text) && !telephoneNumber.test(text) ? `'${text}` : text

/** The text again without that apostrophe. */
export const withFormula = (text: string): string =>
  text.startsWith("'") && withoutFormula(text.slice(1)) === text ? text.slice(1) : text

/** A value of the table. */
export const cellOf = (value: string | null): string => withoutFormula((value ?? '').replaceAll(dividers, ' ').trim())

/** What stands for the key of an affiliate that was never taken in. */
export const keyOf = ({ import_key, affiliate_id }: Pick<AffiliateRow, 'affiliate_id' | 'import_key'>): string =>
  import_key?.trim() || `AFFILIATE-${affiliate_id}`

export const lineOf = (cells: readonly string[]): string => `${cells.join(separator)}\n`

export const headLine: string = lineOf([...keyColumns, ...detailColumns.map(({ name }) => name)])
export const affiliateLine = (row: ExportedAffiliate): string =>
  lineOf([row.member, keyOf(row), ...detailColumns.map(({ path }) => detailAt(row.details, path))].map(cellOf))
