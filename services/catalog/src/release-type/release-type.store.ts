import { releaseTypeResource } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { anyColumn, exactly } from '../records/filters.ts'
import { type Kind, over } from '../records/kind.ts'
import { prepare } from '../sql.ts'

const eb = over<'release_type'>()

const names = prepare()('release-type-names', db => db.selectFrom('release_type').select('short').orderBy('short'))

/** Short names of all types of releases. */
export async function releaseTypeNames(read: Queryable['query']): Promise<string[]> {
  return (await read(names)).map(({ short }) => short)
}

export const releaseTypeKind: Kind = {
  resource: releaseTypeResource,
  table: 'release_type',
  fields: [eb.ref('item.short').as('short'), eb.ref('item.name').as('name'), eb.ref('item.suffix').as('suffix')],
  filters: {
    name: exactly('name', text => sql`position(lower(${text}) in lower(${eb.ref('item.name')})) > 0`),
    short: anyColumn('short', eb.ref('item.short')),
  },
  order: { by: [eb.ref('item.short')] },
  tieBreak: 'short',
}
