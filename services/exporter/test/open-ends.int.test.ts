import {
  mappingOperations,
  orgOperations,
  parseExact,
  sourceOperations,
  sourceVersionOperations,
} from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concept, importActions, mapping, url } from './import-actions.ts'
import { as, type RunningExporter, startExporter, type Target } from './start-exporter.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running?.[Symbol.asyncDispose]())
const { carriedOut, events } = importActions(() => running)

const there = (owner: string, source = 'S') => ({ ownerType: 'org', owner, source }) as const
const create = (target: Target, body: object, person: 'ada' | 'bob' = 'ada') =>
  running.bus.call(mappingOperations.create, { ...target, body: { map_type: 'SAME-AS', ...body } as never }, as(person))
const get = (target: Target, id: string, version?: string) =>
  running.bus.call(mappingOperations.get, { ...target, id, ...(version && { version }) }, as('ada'))
const makeOrg = (id: string) => running.bus.call(orgOperations.create, { body: { id, name: id } }, as('ada'))
const makeSource = (owner: string, id: string, more: object = {}) =>
  running.bus.call(
    sourceOperations.create,
    { ownerType: 'org', owner, body: { id, name: `name of ${id}`, ...more } },
    as('ada'),
  )

describe('a mapping to what is not here', () => {
  it('is accepted from imports, and leads there once it has come; frozen versions keep what they had', async () => {
    const target = await running.dictionary('FROM', ['rtl', 'ltr'])
    const icpc = '/orgs/ICPC/sources/ICPC-2/'
    const { report } = await carriedOut([
      mapping('FROM', 'rtl', '', { id: 'M', map_type: 'SAME-AS', to_concept_url: `${icpc}concepts/A73/` }),
      mapping('FROM', 'ltr', '', {
        ...{ id: 'N', to_concept_url: undefined, to_source_url: icpc, to_concept_code: 'A73' },
        to_concept_name: 'Malaria, they say',
      }),
      // The same as the first one, said in the other way.
      mapping('FROM', 'rtl', '', {
        ...{ map_type: 'SAME-AS', to_concept_url: undefined, to_source_url: icpc, to_concept_code: 'A73' },
      }),
    ])
    expect(report).toMatchObject({ created: 2, unchanged: 1, failed: 0 })
    const open = {
      to_concept_url: null,
      to_concept_code: 'A73',
      to_concept_name_resolved: null,
      to_source_url: icpc,
      to_source_name: 'ICPC-2',
      to_source_name_resolved: null,
      to_source_owner: 'ICPC',
      to_source_owner_type: 'Organization',
    }
    expect(await get(target, 'M')).toMatchObject({ ...open, to_concept_name: null, version: '1' })
    expect(await get(target, 'N')).toMatchObject({ ...open, to_concept_name: 'Malaria, they say' })
    await running.freeze(target, 'v1')

    await makeOrg('ICPC')
    await makeSource('ICPC', 'ICPC-2')
    expect(await get(target, 'M')).toMatchObject({ ...open, to_source_name_resolved: 'name of ICPC-2', version: '2' })
    await running.addConcept(there('ICPC', 'ICPC-2'), 'A73')
    const found = { to_concept_url: `${icpc}concepts/A73/`, to_concept_code: 'A73', to_concept_name_resolved: 'A73' }
    expect(await get(target, 'M')).toMatchObject({ ...found, to_concept_name: 'A73', version: '3' })
    expect(await get(target, 'N')).toMatchObject({ ...found, to_concept_name: 'Malaria, they say' })
    expect(await get(target, 'M', 'v1')).toMatchObject({ ...open, version: '1' })
    const { text } = await running.read(mappingOperations.ofConcept, {
      ...there('FROM'),
      id: 'rtl',
      query: { includeInverseMappings: ['true'] },
    })
    expect(JSON.parse(text)).toMatchObject([{ id: 'M', ...found }])
    expect((await events('mapping', '/orgs/FROM/')).map(({ verb, sequence }) => [verb, sequence])).toEqual([
      ...['updated', 'updated'].map(verb => [verb, 2]),
      ...['updated', 'updated'].map(verb => [verb, 3]),
    ])
    // What it waited for is held by it.
    await expect(
      running.bus.request(sourceOperations.delete, there('ICPC', 'ICPC-2'), as('ada')),
    ).rejects.toMatchObject({ code: 'refused' })
  })

  it('is accepted as a single write, from what is not here as well, and once only', async () => {
    const target = await running.dictionary('SINGLE', ['A'])
    const toB = { id: 'M', from_concept_url: url('SINGLE', 'B'), to_concept_url: url('SINGLE', 'A') }
    expect(await create(target, toB)).toMatchObject({
      from_concept_url: '',
      from_concept_code: 'B',
      from_concept_name: null,
      from_source_url: '/orgs/SINGLE/sources/S/',
      from_source_name: 'S',
      to_concept_url: url('SINGLE', 'A'),
    })
    const message = 'Parent, map_type, from_concept, to_concept must be unique.'
    await expect(create(target, { ...toB, id: 'M2' })).rejects.toMatchObject({ details: [{ message }] })
    // What changes meanwhile waits on.
    await running.bus.call(mappingOperations.update, { ...target, id: 'M', body: { sort_weight: 2 } }, as('ada'))
    await running.addConcept(target, 'B')
    expect(await get(target, 'M')).toMatchObject({
      ...{ from_concept_url: url('SINGLE', 'B'), from_concept_name: 'B', sort_weight: 2, version: '3' },
    })
    for (const [body, expected] of [
      [{ to_source_url: 'http://loinc.org', to_concept_code: '1-8' }, { to_source_url: 'http://loinc.org' }],
      [
        { to_concept_url: 'http://hl7.org/fhir/CodeSystem/x/concepts/male/' },
        { to_source_url: 'http://hl7.org/fhir/CodeSystem/x/', to_concept_code: 'male' },
      ],
      [
        { to_concept_url: `/orgs/SINGLE/sources/S/concepts/${url('SINGLE', 'B')}/` },
        { to_concept_url: url('SINGLE', 'B') },
      ],
    ] as const) {
      const made = await create(target, { from_concept_url: url('SINGLE', 'A'), ...body })
      expect(made).toMatchObject({ to_concept_url: null, ...expected })
    }
    for (const to_concept_url of ['B', '/orgs/SINGLE/sources/S/']) {
      await expect(create(target, { from_concept_url: url('SINGLE', 'A'), to_concept_url })).rejects.toMatchObject({
        details: [{ path: ['to_concept_url'], message: 'Concept matching query does not exist.' }],
      })
    }
  })

  it('may come before its concepts in one import, and comes back from an export', async () => {
    const lines = [
      { type: 'Organization', id: 'EARLY', name: 'Early' },
      { type: 'Source', id: 'S', name: 'Source', owner: 'EARLY' },
      mapping('EARLY', 'A', 'B', { id: 'M' }),
      mapping('EARLY', 'A', 'never', { id: 'N' }),
      mapping('EARLY', 'never', 'A', { id: 'O' }),
      concept('EARLY', 'A'),
      concept('EARLY', 'B'),
    ]
    expect((await carriedOut(lines)).report).toMatchObject({ created: 7, failed: 0 })
    const target = there('EARLY')
    expect(await get(target, 'M')).toMatchObject({
      ...{ from_concept_url: url('EARLY', 'A'), to_concept_url: url('EARLY', 'B'), to_concept_name: 'name of B' },
    })
    expect(await get(target, 'O')).toMatchObject({ from_concept_url: '', to_concept_name: 'name of A' })
    await running.freeze(target, 'v1')
    const { text } = await running.read(sourceVersionOperations.get, {
      ...target,
      version: 'v1',
      query: { includeMappings: ['true'], limit: ['0'] },
    })
    const { mappings } = JSON.parse(text)
    expect(mappings).toHaveLength(3)
    expect((await carriedOut(mappings)).report).toMatchObject({ unchanged: 3, failed: 0 })
  })

  it('leads there in the end though its source was being written when the concept came', async () => {
    const target = await running.dictionary('HELD', ['A'])
    await running.dictionary('LATE')
    await create(target, { id: 'M', from_concept_url: url('HELD', 'A'), to_concept_url: url('LATE', 'B') })
    await running.store.transaction(async tx => {
      await tx.query({ name: 'test.hold', text: `select 1 from source where owner = 'HELD' for update` })
      await running.addConcept(there('LATE'), 'B')
    })
    expect(await get(target, 'M')).toMatchObject({ to_concept_url: null })
    await eventually(async () => (await get(target, 'M')).to_concept_url === url('LATE', 'B'))
  })

  it('misses no concept that comes at the same moment', async () => {
    const target = await running.dictionary('RACE', ['A'])
    await running.dictionary('RACED')
    const codes = Array.from({ length: 8 }, (_, index) => `C${index}`)
    await Promise.all(
      codes.flatMap(code => [
        create(target, { id: code, from_concept_url: url('RACE', 'A'), to_concept_url: url('RACED', code) }),
        running.addConcept(there('RACED'), code),
      ]),
    )
    await eventually(async () => {
      const rows = await Promise.all(codes.map(code => get(target, code)))
      return rows.every(row => row.to_concept_url === url('RACED', row.id))
    })
  })

  it('learns nothing of what its writer may not see', async () => {
    const target = await running.dictionary('OPEN', ['A'])
    await running.bus.call(sourceOperations.update, { ...target, body: { public_access: 'Edit' } }, as('ada'))
    await makeOrg('SECRET')
    await makeSource('SECRET', 'S', { public_access: 'None' })
    await running.addConcept(there('SECRET'), 'X')
    const ends = { from_concept_url: url('OPEN', 'A'), to_concept_url: url('SECRET', 'X') }
    const hidden = { to_concept_url: null, to_concept_name: null, to_source_name_resolved: null, to_concept_code: 'X' }
    expect(await create(target, { id: 'M', ...ends }, 'bob')).toMatchObject(hidden)
    await create(target, { id: 'N', ...ends, to_concept_url: url('SECRET', 'Y') }, 'bob')
    await running.addConcept(there('SECRET'), 'Y')
    const update = { ...target, id: 'M', body: { sort_weight: 1 } }
    expect(await running.bus.call(mappingOperations.update, update, as('bob'))).toMatchObject(hidden)
    expect(await get(target, 'N')).toMatchObject({ ...hidden, to_concept_code: 'Y' })
    await running.bus.call(sourceOperations.update, { ...there('SECRET'), body: { public_access: 'View' } }, as('ada'))
    for (const [id, code] of [
      ['M', 'X'],
      ['N', 'Y'],
    ] as const) {
      expect(await get(target, id)).toMatchObject({ to_concept_url: url('SECRET', code), to_concept_name: code })
    }
  })
})

describe('where a mapping begins', () => {
  it('is said by its source and code as well, in a single write as in bulk', async () => {
    const target = await running.dictionary('ORIGIN', ['A', 'b/c', '12345678901234567890'])
    const from_source_url = '/orgs/ORIGIN/sources/S/'
    const to = { to_concept_url: url('ORIGIN', 'A') }
    for (const [id, code] of [
      ['text', 'b/c'],
      ['number', parseExact('12345678901234567890')],
    ] as const) {
      const origin = { from_source_url, from_concept_code: code }
      expect(
        (await carriedOut([mapping('ORIGIN', '', '', { id, ...to, from_concept_url: null, ...origin })])).report,
      ).toMatchObject({ created: 1 })
      const bulk = await get(target, id)
      const single = await create(target, { id: `${id}-single`, map_type: 'OTHER', ...to, ...origin })
      expect(single).toMatchObject({
        from_concept_code: bulk.from_concept_code,
        from_concept_url: bulk.from_concept_url,
      })
      expect(bulk.from_concept_url).toBe(url('ORIGIN', encodeURIComponent(bulk.from_concept_code)))
    }
    // Rows say both; the URL counts.
    const other = { from_concept_url: url('ORIGIN', 'A'), from_source_url, from_concept_code: 'b/c' }
    const moved = { ...target, id: 'text-single', body: { ...other, to_concept_url: url('ORIGIN', 'b%2Fc') } }
    expect(await running.bus.call(mappingOperations.update, moved, as('ada'))).toMatchObject({ from_concept_code: 'A' })
    const back = { ...target, id: 'text-single', body: { from_source_url, from_concept_code: '12345678901234567890' } }
    expect(await running.bus.call(mappingOperations.update, back, as('ada'))).toMatchObject({
      from_concept_code: '12345678901234567890',
    })
    await expect(create(target, { ...to, from_source_url })).rejects.toMatchObject({
      code: 'invalid',
      details: [{ path: ['from_concept_url'], reason: 'required' }],
    })
  })
})
