import { slaEvents, slaResource } from '@slipway/contracts'
import { sql } from 'kysely'
import { exactly } from '../records/filters.ts'
import { over, type WriteKind } from '../records/kind.ts'
import { prepare } from '../sql.ts'
import { mergeSla, type SlaRow } from './sla.ts'

const eb = over<'sla'>()

const sameNames = prepare<{ names: readonly string[] }>()('sla-same-names', (db, p) =>
  db
    .selectFrom('sla')
    .select(['id', 'seq', 'name', 'description'])
    .where('name', '=', q => q.fn.any(p.names)),
)

export const slaKind: WriteKind<SlaRow, undefined> = {
  resource: slaResource,
  noun: 'sla',
  events: slaEvents,
  table: 'sla',
  fields: [eb.ref('item.id').as('id'), eb.ref('item.name').as('name'), eb.ref('item.description').as('description')],
  filters: {
    name: exactly('name', name => sql`${eb.ref('item.name')} = ${name}`),
    description: exactly('description', text => sql`${eb.ref('item.description')} = ${text}`),
  },
  order: { by: [eb.ref('item.name')] },
  columns: { name: 'text', description: 'text' },
  recorded: ['name', 'description'],
  keyColumn: 'id',
  keyOf: row => String(row.id),
  pathOf: row => String(row.id),
  uniqueness: [{ keyOf: row => row.name, field: 'name', message: 'sla with this name already exists.' }],
  loadReferences: async () => undefined,
  merge: mergeSla,
  loadNeighbours: (read, rows) => read(sameNames, { names: rows.map(({ name }) => name) }),
}
