import { changesetResource, invalid } from '@slipway/contracts'
import { anyColumn, anyOf, exactly } from '../records/filters.ts'
import type { Filter, Kind } from '../records/kind.ts'
import { wholeProblem } from '../records/problem.ts'
import { moment } from './moment.ts'

/** @throws `invalid` for what is no moment */
function byMoment(name: string, operator: '>=' | '<='): Filter {
  return values => {
    const value = values.at(-1) ?? ''
    if (value === '') return undefined
    const given = moment(value)
    if (given === undefined) {
      throw invalid([wholeProblem(`Enter a valid date/time in YYYY-MM-DD[ HH:MM[:SS[.ffffff]]] format: ${value}`)])
    }
    return { name, sql: `item.committed_on ${operator} :${name}::timestamptz`, value: given }
  }
}

export const changesetKind: Kind = {
  resource: changesetResource,
  table: 'changeset',
  fields: `
    item.id, item.author, utc_text(item.requested_on) as requested_on, utc_text(item.committed_on) as committed_on,
    to_char(extract(epoch from item.committed_on - item.requested_on), 'FM999999990.000000') as duration, item.comment,
    array(
      select (select row_to_json(f) from (select c.resource, c.resource_id, c.old_value, c.new_value) f)
      from change c where c.changeset_id = item.id order by c.position
    ) as changes`,
  filters: {
    author: anyColumn('author'),
    resource: anyOf(
      'resource',
      names => `exists (select from change c where c.changeset_id = item.id and c.resource = any(${names}))`,
    ),
    changed_since: byMoment('changed_since', '>='),
    changed_until: byMoment('changed_until', '<='),
    comment: exactly('comment', value => `position(${value} in item.comment) > 0`),
  },
  order: { forwards: 'item.committed_on desc, item.id desc', backwards: 'item.committed_on, item.id' },
}
