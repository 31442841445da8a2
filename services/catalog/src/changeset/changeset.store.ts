import { changesetResource, invalid } from '@slipway/contracts'
import { parameter, rowJson } from '@slipway/store'
import { sql } from 'kysely'
import { anyColumn, anyOf, exactly } from '../records/filters.ts'
import { type Filter, type Kind, over } from '../records/kind.ts'
import { wholeProblem } from '../records/problem.ts'
import { moment } from './moment.ts'

const eb = over<'changeset'>()

/** @throws `invalid` for what is no moment */
function byMoment(name: string, operator: '>=' | '<='): Filter {
  const where = eb('item.committed_on', operator, sql<string>`${parameter(name)}::timestamptz`)
  return values => {
    const value = values.at(-1) ?? ''
    if (value === '') return undefined
    const given = moment(value)
    if (given === undefined) {
      throw invalid([wholeProblem(`Enter a valid date/time in YYYY-MM-DD[ HH:MM[:SS[.ffffff]]] format: ${value}`)])
    }
    return { name, where, value: given }
  }
}

const changesOf = eb.selectFrom('change as c').whereRef('c.changeset_id', '=', 'item.id')
const changes = changesOf.select(c =>
  rowJson([
    c.ref('c.resource').as('resource'),
    c.ref('c.resource_id').as('resource_id'),
    c.ref('c.old_value').as('old_value'),
    c.ref('c.new_value').as('new_value'),
  ]).as('change'),
)

export const changesetKind: Kind = {
  resource: changesetResource,
  table: 'changeset',
  fields: [
    eb.ref('item.id').as('id'),
    eb.ref('item.author').as('author'),
    eb.fn('utc_text', ['item.requested_on']).as('requested_on'),
    eb.fn('utc_text', ['item.committed_on']).as('committed_on'),
    sql`to_char(extract(epoch from ${eb('item.committed_on', '-', eb.ref('item.requested_on'))}),
      'FM999999990.000000')`.as('duration'),
    eb.ref('item.comment').as('comment'),
    sql`array${changes.orderBy('c.position')}`.as('changes'),
  ],
  filters: {
    author: anyColumn('author', eb.ref('item.author')),
    resource: anyOf('resource', names =>
      eb.exists(changesOf.select([]).where(c => sql`${c.ref('c.resource')} = any(${names})`)),
    ),
    changed_since: byMoment('changed_since', '>='),
    changed_until: byMoment('changed_until', '<='),
    comment: exactly('comment', text => sql`position(${text} in ${eb.ref('item.comment')}) > 0`),
  },
  order: { by: [eb.ref('item.committed_on'), eb.ref('item.id')], descending: true },
}
