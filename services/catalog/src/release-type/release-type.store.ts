import { releaseTypeResource } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'
import { anyColumn, exactly } from '../records/filters.ts'
import type { Kind } from '../records/kind.ts'

const names: Statement = { name: 'release-type-names', text: 'select short from release_type order by short' }

/** Short names of all types of releases. */
export async function releaseTypeNames(read: Queryable['query']): Promise<string[]> {
  return (await read<{ short: string }>(names)).map(({ short }) => short)
}

export const releaseTypeKind: Kind = {
  resource: releaseTypeResource,
  table: 'release_type',
  fields: 'item.short, item.name, item.suffix',
  filters: {
    name: exactly('name', value => `position(lower(${value}) in lower(item.name)) > 0`),
    short: anyColumn('short'),
  },
  order: { forwards: 'item.short', backwards: 'item.short desc' },
  tieBreak: 'short',
}
