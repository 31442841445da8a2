import {
  conceptOperations,
  mappingOperations,
  orgOperations,
  sourceOperations,
  sourceVersionOperations,
} from '@slipway/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningExporter, startExporter, type Target } from './start-exporter.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running[Symbol.asyncDispose]())

type Texts = { names: unknown[]; descriptions: unknown[] }
type Row = { id: string; updated_on: string; version_url: string; retired: boolean; names: unknown[] }

const diff = async (target: Target, query: Record<string, string>, version?: string) => {
  const parameters = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]]))
  const { text } =
    version === undefined
      ? await running.read(sourceOperations.get, { ...target, query: parameters })
      : await running.read(sourceVersionOperations.get, { ...target, version, query: parameters })
  return JSON.parse(text) as { concepts?: Row[]; mappings?: Row[] }
}
const everything = { includeConcepts: 'true', includeMappings: 'true', includeRetired: 'true', limit: '0' }
const rename = (target: Target, id: string, name: string) =>
  running.bus.call(conceptOperations.update, { ...target, id, body: { names: [{ name, locale: 'en' }] } }, as('ada'))

describe('the diff of a source', () => {
  it('has every change since a version that the version does not hold, and nothing is lost between', async () => {
    const target = await running.dictionary('DIFF')
    // Writers and freezers at the same time: the lock of the source decides what a version holds.
    const writes = Array.from({ length: 40 }, (_, index) => running.addConcept(target, `C${index}`))
    const versions = Array.from({ length: 4 }, (_, index) => running.freeze(target, `v${index}`))
    await Promise.all([...writes, ...versions])
    for (const { id } of await Promise.all(versions)) {
      const frozen = await diff(target, everything, id as string)
      const held = new Set(frozen.concepts?.map(concept => concept.id))
      const since = [...(frozen.concepts ?? [])]
        .map(({ updated_on }) => updated_on)
        .sort()
        .at(-1)
      const later = await diff(target, { ...everything, ...(since && { updatedSince: since }) })
      const seen = new Set([...held, ...(later.concepts ?? []).map(concept => concept.id)])
      expect(seen.size, `${id} of ${held.size}`).toBe(40)
    }
  })

  it('counts limit for each array, pages by offset, and leaves retired rows out unless asked', async () => {
    const target = await running.dictionary(
      'LIMIT',
      Array.from({ length: 12 }, (_, index) => `C${index}`),
    )
    await running.bus.call(conceptOperations.retire, { ...target, id: 'C3' }, as('ada'))
    expect((await diff(target, {})).concepts).toBeUndefined()
    expect((await diff(target, { includeConcepts: 'yes' })).concepts).toBeUndefined()
    expect((await diff(target, { includeConcepts: '1' })).concepts).toHaveLength(10)
    expect((await diff(target, { includeConcepts: 'true', limit: '0' })).concepts).toHaveLength(11)
    const all = (await diff(target, everything)).concepts ?? []
    expect(all).toHaveLength(12)
    expect(all.at(-1)).toMatchObject({ id: 'C3', retired: true })
    const paged = await diff(target, { ...everything, limit: '5', offset: '10' })
    expect(paged.concepts).toEqual(all.slice(10))
    expect((await diff(target, { ...everything, updatedSince: '2999-01-01' })).concepts).toEqual([])
    expect((await diff(target, { ...everything, updatedSince: 'nonsense' })).concepts).toHaveLength(12)
  })

  it('of a version stays as it was', async () => {
    const target = await running.dictionary('FROZEN', ['A'])
    await running.freeze(target, 'v1')
    await rename(target, 'A', 'changed')
    const frozen = await diff(target, everything, 'v1')
    const live = await diff(target, everything)
    expect(frozen.concepts?.[0]?.names).toMatchObject([{ name: 'A' }])
    expect(live.concepts?.[0]?.names).toMatchObject([{ name: 'changed' }])
    expect(live.concepts?.[0]?.version_url).not.toBe(frozen.concepts?.[0]?.version_url)
  })
})

describe('concepts', () => {
  it('get a new state when content changes, and none when it does not', async () => {
    const target = await running.dictionary('STATES', ['A'])
    const first = await running.bus.call(conceptOperations.get, { ...target, id: 'A' }, as('nobody'))
    expect(first).toMatchObject({ version: '1', names: [{ name: 'A', type: 'ConceptName' }], descriptions: [] })
    const same = await rename(target, 'A', 'A')
    expect(same.version_url).toBe(first.version_url)
    const changed = await rename(target, 'A', 'other')
    expect(changed).toMatchObject({ version: '2', previous_version_url: first.version_url })
    const old = await running.bus.call(conceptOperations.get, { ...target, id: 'A', childVersion: '1' }, as('nobody'))
    expect(old).toEqual(first)
    const { text } = await running.read(conceptOperations.versions, { ...target, id: 'A' })
    expect(JSON.parse(text)).toMatchObject([
      { version: '2', is_latest_version: true },
      { version: '1', is_latest_version: false },
    ])
  })

  it('have names of a new uuid in each state, but for those that an external id names', async () => {
    const target = await running.dictionary('NAMES')
    const own = { name: 'own', locale: 'en', external_id: 'e1', uuid: '7d9c3d2c-0f5f-4d09-9a3a-0a4f8f0f6c11' }
    const texts = {
      names: [{ name: 'plain ', locale: 'en' }, own],
      descriptions: [{ description: ' why', locale: 'en' }],
    }
    const uuids = ({ names, descriptions }: { names: unknown[]; descriptions: unknown[] }) =>
      ([...names, ...descriptions] as { uuid: string }[]).map(({ uuid }) => uuid)
    const first = (await running.addConcept(target, 'A', texts)) as unknown as Texts
    // Blanks are content: there is a language whose names end with one.
    expect(first).toMatchObject({ names: [{ name: 'plain ' }, own], descriptions: [{ description: ' why' }] })
    const change = (body: object) =>
      running.bus.call(conceptOperations.update, { ...target, id: 'A', body }, as('ada')) as Promise<Texts>
    expect(await change({ ...first, ...texts })).toEqual(first)
    expect(uuids(await change(first))).toEqual(uuids(first))
    const second = await change({ datatype: 'Text', names: first.names, descriptions: first.descriptions })
    await running.bus.call(conceptOperations.retire, { ...target, id: 'A' }, as('ada'))
    const third = (await running.bus.call(conceptOperations.get, { ...target, id: 'A' }, as('ada'))) as Texts
    const of = (index: number) => [first, second, third].map(state => uuids(state)[index])
    expect([new Set(of(0)).size, new Set(of(1)), new Set(of(2)).size]).toEqual([3, new Set([own.uuid]), 3])
    expect(third).toMatchObject({ version: '3', names: [{ name: 'plain ' }, own] })
  })

  it('are retired once, and come back', async () => {
    const target = await running.dictionary('RETIRE', ['A'])
    const retire = () => running.bus.request(conceptOperations.retire, { ...target, id: 'A' }, as('ada'))
    expect((await retire()).status).toBe(204)
    await expect(retire()).rejects.toMatchObject({
      details: [{ path: ['__all__'], message: 'Concept is already retired' }],
    })
    const hard = { ...target, id: 'A', hard: true }
    await expect(running.bus.request(conceptOperations.retire, hard, as('ada'))).rejects.toMatchObject({
      code: 'refused',
    })
    await expect(running.bus.request(conceptOperations.retire, hard, as('bob'))).rejects.toMatchObject({
      code: 'forbidden',
    })
    const back = { ...target, id: 'A', body: { retired: false } }
    expect(await running.bus.call(conceptOperations.update, back, as('ada'))).toMatchObject({ retired: false })
    const source = JSON.parse((await running.read(sourceOperations.get, target)).text)
    expect(source.active_concepts).toBe(1)
  })

  it('are refused in the words that clients know', async () => {
    const target = await running.dictionary('WORDS', ['A'])
    const create = (body: object) =>
      running.bus.call(conceptOperations.create, { ...target, body: body as never }, as('ada'))
    const good = { id: 'B', concept_class: 'x', datatype: 'y', names: [{ name: 'n', locale: 'en' }] }
    const detail = (path: string, message: string) => ({ details: [{ path: [path], message }] })
    await expect(create({ ...good, id: 'A' })).rejects.toMatchObject(
      detail('__all__', 'Concept ID must be unique within a source.'),
    )
    await expect(create({ ...good, id: 'a\u0007b' })).rejects.toMatchObject(detail('id', 'Enter a valid value.'))
    await expect(create({ ...good, names: [] })).rejects.toMatchObject(
      detail('names', 'A concept must have at least one name'),
    )
    await expect(create({ ...good, descriptions: [{ description: '' }] })).rejects.toMatchObject(
      detail('descriptions', 'Concept description cannot be empty'),
    )
    await expect(create({ ...good, datatype: undefined })).rejects.toMatchObject(
      detail('datatype', 'This field is required.'),
    )
  })
})

describe('mappings', () => {
  it('lead to a concept or to a code elsewhere, once each', async () => {
    const target = await running.dictionary('MAPS', ['A', 'B'])
    await running.dictionary('OTHER')
    const concept = (id: string) => `/orgs/MAPS/sources/S/concepts/${id}/`
    const create = (body: object) =>
      running.bus.call(
        mappingOperations.create,
        { ...target, body: { map_type: 'SAME-AS', from_concept_url: concept('A'), ...body } },
        as('ada'),
      )
    const internal = await create({ id: 'm1', to_concept_url: concept('B') })
    expect(internal).toMatchObject({ type: 'Mapping', to_concept_code: 'B', url: '/orgs/MAPS/sources/S/mappings/m1/' })
    expect(internal).toMatchObject({ updated_on: internal.created_on, to_source_url: '/orgs/MAPS/sources/S/' })
    const external = { to_source_url: '/orgs/OTHER/sources/S/', to_concept_code: 'X1', to_concept_name: 'x' }
    expect(await create(external)).toMatchObject({ to_concept_url: null, to_concept_code: 'X1', to_concept_name: 'x' })

    const refused = (message: string) => ({ details: [{ message }] })
    await expect(create({ to_concept_url: concept('B') })).rejects.toMatchObject(
      refused('Parent, map_type, from_concept, to_concept must be unique.'),
    )
    await expect(create(external)).rejects.toMatchObject(
      refused('Parent, map_type, from_concept, to_source, to_concept_code must be unique.'),
    )
    await expect(create({ to_concept_url: concept('A') })).rejects.toMatchObject(
      refused('Cannot map concept to itself.'),
    )
    await expect(create({ to_concept_url: '/orgs/MAPS/' })).rejects.toMatchObject(
      refused('Concept matching query does not exist.'),
    )
    await expect(create({})).rejects.toMatchObject(
      refused("Must specify either 'to_concept' or 'to_source' & 'to_concept_code'"),
    )
    await expect(create({ ...external, to_concept_url: concept('B') })).rejects.toMatchObject(
      refused("Must specify either 'to_concept' or 'to_source' & 'to_concept_code'. Cannot specify both."),
    )

    const other = { ownerType: 'org', owner: 'OTHER', source: 'S' } as const
    await expect(running.bus.request(sourceOperations.delete, other, as('ada'))).rejects.toMatchObject({
      code: 'refused',
    })
    const update = { ...target, id: 'm1', body: { map_type: 'BROADER-THAN' } }
    expect(await running.bus.call(mappingOperations.update, update, as('ada'))).toMatchObject({
      version: '2',
      url: internal.url,
      to_concept_code: 'B',
    })
    const retire = () => running.bus.request(mappingOperations.retire, { ...target, id: 'm1' }, as('ada'))
    expect([(await retire()).status, (await retire()).status]).toEqual([204, 204])
    expect(await running.bus.call(mappingOperations.get, { ...target, id: 'm1' }, as('ada'))).toMatchObject({
      version: '3',
      retired: true,
    })
  })
})

describe('versions', () => {
  it('come newest first behind HEAD; the newest released one is found in one call', async () => {
    const target = await running.dictionary('ORDER')
    for (const [id, released] of [
      ['v1', true],
      ['v2', true],
      ['v3', false],
    ] as const) {
      await running.freeze(target, id, { released })
    }
    const list = async (query: Record<string, string[]>) => {
      const { text, headers } = await running.read(sourceVersionOperations.list, { ...target, query }, 'nobody')
      return { ids: (JSON.parse(text) as { id: string }[]).map(({ id }) => id), headers }
    }
    expect((await list({})).ids).toEqual(['HEAD', 'v3', 'v2', 'v1'])
    const newest = await list({ limit: ['1'], released: ['true'] })
    expect(newest.ids).toEqual(['v2'])
    expect(newest.headers).toMatchObject({ num_found: '2', num_returned: '1', pages: '2', page_number: '1' })
    expect(newest.headers.next).toBe(
      'https://terms.example.org/orgs/ORDER/sources/S/versions/?limit=1&released=true&page=2',
    )
    expect(newest.headers).not.toHaveProperty('previous')
    const latest = await running.read(sourceVersionOperations.get, { ...target, version: 'latest' })
    expect(JSON.parse(latest.text)).toMatchObject({ id: 'v2', previous_version_url: '/orgs/ORDER/sources/S/v1/' })
  })

  it('of one id are made once, however many ask', async () => {
    const target = await running.dictionary('TWINS')
    const made = await Promise.allSettled(Array.from({ length: 6 }, () => running.freeze(target, 'v1')))
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of made) {
      if (result.status === 'rejected') {
        expect(result.reason).toMatchObject({ code: 'conflict', message: "Source version 'v1' already exist." })
      }
    }
    await expect(running.freeze(target, 'latest')).rejects.toMatchObject({ details: [{ path: ['id'] }] })
    await expect(running.freeze(target, 'v2', { previous_version: 'nil' })).rejects.toMatchObject({
      details: [{ path: ['previousVersion'], message: 'Previous version nil does not exist.' }],
    })
  })
})

describe('access', () => {
  it('of sources follows their level', async () => {
    const target = await running.dictionary('ACCESS', ['A'])
    const level = (public_access: 'View' | 'Edit' | 'None') =>
      running.bus.call(sourceOperations.update, { ...target, body: { public_access } }, as('ada'))
    const read = (person: 'bob' | 'nobody' | 'staff') => running.read(sourceOperations.get, target, person)
    const write = (person: 'bob' | 'nobody') =>
      running.bus.call(conceptOperations.update, { ...target, id: 'A', body: { datatype: person } }, as(person))
    expect((await read('nobody')).status).toBe(200)
    await expect(write('nobody')).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(write('bob')).rejects.toMatchObject({ code: 'forbidden' })
    await level('Edit')
    expect(await write('bob')).toMatchObject({ datatype: 'bob' })
    await level('None')
    for (const person of ['bob', 'nobody'] as const) {
      for (const act of [read, write]) await expect(act(person)).rejects.toMatchObject({ code: 'not_found' })
    }
    expect((await read('staff')).status).toBe(200)
    const { text } = await running.read(sourceOperations.list, { query: { limit: ['0'] } }, 'bob')
    expect(JSON.parse(text).map(({ owner }: { owner: string }) => owner)).not.toContain('ACCESS')
  })

  it('of orgs belongs to members', async () => {
    await running.dictionary('CLUB')
    const update = (person: 'bob' | 'ada') =>
      running.bus.call(orgOperations.update, { org: 'CLUB', body: { location: person } }, as(person))
    await expect(update('bob')).rejects.toMatchObject({ code: 'forbidden' })
    expect(await update('ada')).toMatchObject({ location: 'ada', members: 1 })
    await expect(running.bus.request(orgOperations.delete, { org: 'CLUB' }, as('ada'))).rejects.toMatchObject({
      code: 'forbidden',
    })
    expect((await running.bus.request(orgOperations.delete, { org: 'CLUB' }, as('staff'))).status).toBe(204)
    await expect(running.bus.call(orgOperations.get, { org: 'CLUB' }, as('ada'))).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})
