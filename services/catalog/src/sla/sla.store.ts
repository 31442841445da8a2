import { slaEvents, slaResource } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { exactly } from '../records/filters.ts'
import type { WriteKind } from '../records/kind.ts'
import { mergeSla, type SlaRow } from './sla.ts'

const sameNames: Statement = {
  name: 'sla-same-names',
  text: 'select id, seq, name, description from sla where name = any($1::text[])',
}

export const slaKind: WriteKind<SlaRow, undefined> = {
  resource: slaResource,
  noun: 'sla',
  events: slaEvents,
  table: 'sla',
  fields: 'item.id, item.name, item.description',
  filters: {
    name: exactly('name', value => `item.name = ${value}`),
    description: exactly('description', value => `item.description = ${value}`),
  },
  order: { forwards: 'item.name', backwards: 'item.name desc' },
  columns: { name: 'text', description: 'text' },
  recorded: ['name', 'description'],
  keyColumn: 'id',
  keyOf: row => String(row.id),
  pathOf: row => String(row.id),
  uniqueness: [{ keyOf: row => row.name, field: 'name', message: 'sla with this name already exists.' }],
  loadReferences: async () => undefined,
  merge: mergeSla,
  loadNeighbours: (read, rows) => read<SlaRow>(sameNames, [rows.map(({ name }) => name)]),
}
