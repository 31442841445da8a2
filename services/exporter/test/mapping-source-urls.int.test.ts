import { type InputOf, mappingOperations } from '@slipway/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { importActions, url } from './import-actions.ts'
import { as, type RunningExporter, startExporter } from './start-exporter.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running[Symbol.asyncDispose]())
const { carriedOut } = importActions(() => running)

type NewMapping = InputOf<typeof mappingOperations.create>['body']

const create = (org: string, body: Partial<NewMapping> & Pick<NewMapping, 'from_concept_url'>) =>
  running.bus.call(
    mappingOperations.create,
    { ownerType: 'org', owner: org, source: 'S', body: { map_type: 'SAME-AS', ...body } },
    as('ada'),
  )

it('a URL of a source beside a code names the concept, of the live source and of a version', async () => {
  await running.dictionary('ENDS', ['A', 'B'])
  for (const [id, source] of [
    ['1', '/orgs/ENDS/sources/S/'],
    ['2', 'https://elsewhere.example.org/orgs/ENDS/sources/S'],
  ] as const) {
    const body = { id, map_type: id, from_concept_url: url('ENDS', 'A'), to_concept_url: source, to_concept_code: 'B' }
    expect(await create('ENDS', body)).toMatchObject({
      to_concept_url: url('ENDS', 'B'),
      to_source_url: '/orgs/ENDS/sources/S/',
      to_concept_code: 'B',
    })
  }
  const version = { to_concept_url: '/orgs/ENDS/sources/S/v1/', to_concept_code: 'B', map_type: '3' }
  const from = { from_concept_url: '/orgs/ENDS/sources/S/', from_concept_code: 'A' }
  expect(await create('ENDS', { ...from, ...version })).toMatchObject({
    from_concept_url: url('ENDS', 'A'),
    to_concept_url: url('ENDS', 'B'),
  })
  const foreign = { to_concept_url: 'https://loinc.org/', to_concept_code: '1-8' }
  expect(await create('ENDS', { ...from, ...foreign })).toMatchObject({
    to_concept_url: null,
    to_source_url: 'https://loinc.org/',
    to_concept_code: '1-8',
  })
})

it('a URL of a source alone, and two targets, are refused', async () => {
  await running.dictionary('ALONE', ['A', 'B'])
  const from = { from_concept_url: url('ALONE', 'A') }
  const invalid = { code: 'invalid' }
  await expect(create('ALONE', { ...from, to_concept_url: '/orgs/ALONE/sources/S/' })).rejects.toMatchObject(invalid)
  const both = { to_concept_url: url('ALONE', 'B'), to_concept_code: 'C' }
  await expect(create('ALONE', { ...from, ...both })).rejects.toMatchObject(invalid)
  const self = { to_concept_url: '/orgs/ALONE/sources/S/', to_concept_code: 'A' }
  await expect(create('ALONE', { ...from, ...self })).rejects.toMatchObject(invalid)
})

it('imports take it, too', async () => {
  await running.dictionary('LINES', ['A', 'B'])
  const line = {
    ...{ type: 'Mapping', owner: 'LINES', owner_type: 'Organization', source: 'S', map_type: 'SAME-AS', id: 'M' },
    ...{ from_concept_url: '/orgs/LINES/sources/S/', from_concept_code: 'A' },
    ...{ to_concept_url: '/orgs/LINES/sources/S/', to_concept_code: 'B' },
  }
  expect((await carriedOut([line])).report).toMatchObject({ created: 1 })
  const target = { ownerType: 'org', owner: 'LINES', source: 'S', id: 'M' } as const
  expect(await running.bus.call(mappingOperations.get, target, as('ada'))).toMatchObject({
    from_concept_url: url('LINES', 'A'),
    to_concept_url: url('LINES', 'B'),
  })
})
