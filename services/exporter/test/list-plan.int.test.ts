import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChildKind } from '../src/child/child.ts'
import { childQuery, type Order } from '../src/child/list-children.ts'
import type { ChildFilter } from '../src/child/select-children.ts'
import { type RunningExporter, startExporter } from './start-exporter.ts'

/** Of each kind: enough that reading all of them for a page is the dearer way. */
const children = 24_000
const page = 25
let running: RunningExporter
let source: number

const fill = {
  name: 'test.fill',
  text: `with source as (select position from source where id = $1 and owner = $2), made as (
      insert into child (source, kind, id, head, retired, search, created_on, updated_on, class, datatype, label,
        from_code, to_code)
      select position, kind, left(kind, 1) || n, nextval(pg_get_serial_sequence('child_version', 'position')), false,
        'name ' || n, now(), now() + n * interval '1 s', case n when 1 then 'rare' else 'class ' || n % 4 end,
        case when n = 1 then 'rare' when kind = 'concept' then 'type ' || n % 2 end, case kind when 'concept' then 'name ' || n % 1000 end,
        case kind when 'mapping' then 'c' || n end, case kind when 'mapping' then 'c' || n * 7 % 24000 end
      from source, generate_series(1, $3::int) n, unnest('{concept,mapping}'::text[]) kind
      returning position, head
    )
    insert into child_version (position, child, number, retired, updated_on, body, from_concept) overriding system value
    select head, position, 1, false, now(), '{}', position from made`,
}
const positionOf = { name: 'test.position', text: 'select position from source where id = $1 and owner = $2' }
const read = {
  name: 'test.read',
  text: `select sum(seq_tup_read + idx_tup_fetch) as rows from pg_stat_xact_user_tables
    where relname in ('child', 'child_version')`,
}

beforeAll(async () => {
  running = await startExporter()
  const { owner, source: id } = await running.dictionary('LARGE')
  await running.store.write(fill, [id, owner, children])
  await running.store.write({ name: 'test.analyze', text: 'analyze child, child_version' })
  const [row] = await running.store.read<{ position: number }>(positionOf, [id, owner])
  source = row?.position ?? 0
})
afterAll(() => running?.[Symbol.asyncDispose]())

const everything: ChildFilter = { includeRetired: false, since: null, search: null }
const by = (facet: Exclude<Order, string>['by'], down: boolean): Order => ({ by: facet, down })
const both = (facet: Exclude<Order, string>['by']): Order[] => [by(facet, false), by(facet, true)]
const lists: readonly (readonly [ChildKind, Partial<ChildFilter>, readonly Order[]])[] = [
  ['concept', {}, ['newest', 'oldest', ...['id', 'label', 'class', 'datatype'].flatMap(facet => both(facet as 'id'))]],
  [
    'mapping',
    {},
    ['newest', 'oldest', ...['id', 'class', 'from_code', 'to_code'].flatMap(facet => both(facet as 'id'))],
  ],
  ['concept', { includeRetired: true, search: 'name' }, ['newest', by('label', false)]],
  ['concept', { facets: { class: ['class 1', 'class 1'] } }, ['newest', by('class', true)]],
  ['concept', { facets: { class: ['class 1', 'class 2'] } }, ['newest']],
  ['concept', { facets: { class: ['rare'] } }, ['newest', by('label', false)]],
  ['concept', { facets: { datatype: ['rare'] } }, ['newest']],
  ['concept', { facets: { datatype: ['type 1'] } }, ['newest', by('datatype', true)]],
  ['mapping', { facets: { class: ['class 2'] } }, ['newest', by('class', false)]],
  ['mapping', { facets: { from_code: ['c5'] } }, ['newest']],
  ['mapping', { facets: { to_code: ['c7'] } }, ['newest']],
]
const cases = lists.flatMap(([kind, filter, orders]) => orders.map(order => ({ kind, filter, order })))

test.each(cases)(
  'a page of $kind s that are $filter, by $order, reads no more than it shows',
  async ({ kind, filter, order }) => {
    const scope = { source, version: null }
    const { statement, values } = childQuery(scope, kind, { ...everything, ...filter }, order, {
      limit: page,
      offset: 0,
    })
    const { shown, rows } = await running.store.transaction(async tx => {
      const count = async () => (await tx.query<{ rows: number }>(read))[0]?.rows ?? 0
      const before = await count()
      const found = await tx.query(statement, values)
      return { shown: found.length, rows: (await count()) - before }
    })
    expect(shown).toBeGreaterThan(0)
    // Each as it is and as a text; orders by id pass rows of the other kind, and filters by a facet those of other ones.
    expect(rows).toBeLessThanOrEqual(page * 8)
  },
)

test('lists with so many filters that their names are long are told apart', async () => {
  const codes = { from_code: ['c1', 'c2'], to_code: ['c7', 'c14'] }
  const filter = {
    ...everything,
    since: '2020-01-01T00:00:00.000Z',
    search: 'name',
    facets: { class: ['a', 'b'], ...codes },
  }
  await running.store.transaction(async tx => {
    for (const order of ['newest', 'oldest'] as const) {
      const range = { limit: page, offset: 0 }
      const { statement, values } = childQuery({ source, version: null }, 'mapping', filter, order, range)
      expect(await tx.query(statement, values)).toEqual([])
    }
  })
})
