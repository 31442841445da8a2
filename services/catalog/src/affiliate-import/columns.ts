import { affiliateTypes } from '@slipway/contracts'
import { type DetailPath, detailColumns, keyColumns } from '../affiliate/affiliate-table.ts'

/** Classes of MLDS, by which its clients know what a column takes. */
export const enumerations = {
  AffiliateType: affiliateTypes,
  AffiliateSubType: [
    ...['DEVELOPER', 'DEVELOPMENT', 'EDUCATIONAL', 'HEALTHCAREPROVIDER', 'PERSONAL', 'RESEARCH', 'VENDOR'],
  ],
  AgreementType: ['AFFILIATE_NORMAL', 'AFFILIATE_RESEARCH', 'AFFILIATE_PUBLIC_GOOD'],
  OrganizationType: [
    ...['PUBLIC_HEALTH_ORGANIZATION', 'PRIVATE_HEALTH_ORGANIZATION', 'RESEARCH_AND_DEVELOPMENT_ORGANIZATION'],
    ...['HEALTHERCARE_APPLICATION_DEVELOPER', 'HEALTHERCARE_APPLICATION_PROVIDER', 'GENERAL_PRACTITIONER_PRACTICE'],
    ...['EDUCATIONAL_INSTITUTE', 'OTHER'],
  ],
} as const satisfies Record<string, readonly string[]>
export type Enumeration = keyof typeof enumerations

/** What a column takes: any text, a choice of some, a key of a member, or a code of a country. */
export type ColumnClass = Enumeration | 'String' | 'Member' | 'Country'

export type ImportColumn = {
  readonly name: string
  readonly class: ColumnClass
  readonly required: boolean
  /** Undefined for the columns of the member and the key, which are the first two. */
  readonly path?: DetailPath
}

const classes: Readonly<Record<string, ColumnClass>> = {
  member: 'Member',
  type: 'AffiliateType',
  subType: 'AffiliateSubType',
  agreementType: 'AgreementType',
  organizationType: 'OrganizationType',
  addressCountry: 'Country',
  billingCountry: 'Country',
}
const classOf = (name: string): ColumnClass => classes[name] ?? 'String'

/** Columns of the table, in their order: the same as those of the export. */
export const importColumns: readonly ImportColumn[] = [
  ...keyColumns.map(name => ({ name, class: classOf(name), required: true })),
  ...detailColumns.map(({ name, path }) => ({ name, class: classOf(name), required: false, path })),
]

export const isEnumeration = (name: ColumnClass): name is Enumeration => Object.hasOwn(enumerations, name)
