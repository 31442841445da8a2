import { conceptOperations, mappingOperations } from '@slipway/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at, concept, importActions, type Members, mapping, url } from './import-actions.ts'
import { as, type RunningExporter, startExporter } from './start-exporter.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running?.[Symbol.asyncDispose]())
const { carriedOut, applied } = importActions(() => running)

describe('the lines of an import', () => {
  it('says what is wrong with a line, in the words of single writes, and goes on', async () => {
    await running.dictionary('WRONG', ['A', 'B'])
    const lines = [
      { type: 'Concept', ...at('WRONG'), id: 'a\nb' },
      concept('WRONG', 'N', { names: [] }),
      concept('WRONG', 'OK1'),
      mapping('WRONG', 'A', '', { to_concept_url: '/orgs/WRONG/sources/S/' }),
      mapping('WRONG', 'A', 'A'),
      mapping('WRONG', 'A', 'B', { id: 'M' }),
      mapping('WRONG', 'A', 'B', { id: 'M2' }),
      { type: 'Mapping', ...at('WRONG') },
      mapping('WRONG', 'A', 'B', { to_source_url: '/orgs/WRONG/sources/S/', to_concept_code: 'C' }),
      { type: 'Concept', id: 'X', source: 'S' },
      { type: 'Concept', id: 'X', owner: 'WRONG' },
      concept('WRONG', 'X', { __action: 'EXPLODE' }),
      { type: 'Collection', id: 'X' },
      { id: 'no type' },
      5,
      [concept('WRONG', 'X')],
      concept('nil', 'X'),
      { type: 'Source', id: 'S2', owner: 'nil', name: 'x' },
      { type: 'Source', id: 'bad id', owner: 'WRONG', name: 'x' },
      { type: 'Source Version', id: 'latest', ...at('WRONG') },
      concept('WRONG', 'OK2'),
    ]
    const { report, result, state } = await carriedOut(lines)
    expect(state).toBe('SUCCESS')
    expect(report).toMatchObject({
      created: 3,
      failed: 12,
      unknown: 2,
      invalid: 2,
      not_found: 2,
      total: 21,
      processed: 21,
    })
    expect(result.failed.map(({ errors }: Members) => errors)).toEqual([
      {
        id: ['Enter a valid value.'],
        concept_class: ['This field is required.'],
        datatype: ['This field is required.'],
        names: [expect.any(String)],
      },
      { names: ['A concept must have at least one name'] },
      { to_concept_url: ['Concept matching query does not exist.'] },
      { __all__: ['Cannot map concept to itself.'] },
      { __all__: ['Parent, map_type, from_concept, to_concept must be unique.'] },
      { map_type: ['This field is required.'], from_concept_url: ['This field is required.'] },
      { __all__: ["Must specify either 'to_concept' or 'to_source' & 'to_concept_code'. Cannot specify both."] },
      { owner: ['This field is required.'] },
      { source: ['This field is required.'] },
      { __action: ['"EXPLODE" is not a valid choice.'] },
      { id: ['Enter a valid value.'] },
      { id: [expect.any(String)] },
    ])
    expect(result.invalid).toEqual([
      { line: 5, errors: { __all__: ['A line must be a JSON object.'] } },
      { line: [concept('WRONG', 'X')], errors: { __all__: ['A line must be a JSON object.'] } },
    ])
    expect(result.created).toEqual([lines[2], lines[5], lines[20]])
  })

  it('refuses lines with what is no text, in any place of them, and nothing else is broken by them', async () => {
    await running.dictionary('ODD')
    const { report, result } = await carriedOut([
      concept('ODD', 'A', { names: [{ name: 'half \ud800 pair', locale: 'en' }] }),
      concept('ODD', 'B', { names: [{ name: 'nul \u0000', locale: 'en' }] }),
      concept('ODD', 'C', { extras: { 'a"b\\': '€' }, external_id: '"display_name":"x"' }),
      concept('ODD', 'D', { extras: { deep: [{ nul: '\u0000' }] } }),
      concept('ODD', 'E', { extras: { 'a\udc00': 1 } }),
      concept('ODD', 'F\0'),
      concept('ODD', 'G', { source: 'S\0' }),
      { type: 'Organization', id: 'ODDER', name: '\ud800' },
      concept('ODD', 'H', { 'what nobody reads\0': '\ud800' }),
      mapping('ODD', 'H', 'C', { id: 'M' }),
    ])
    expect(report).toMatchObject({ created: 3, failed: 7 })
    expect(result.failed.map(({ errors }: Members) => errors)).toEqual([
      { names: ['name: Surrogate characters are not allowed: U+D800.'] },
      { names: ['name: Null characters are not allowed.'] },
      { extras: ['Null characters are not allowed.'] },
      { extras: ['Surrogate characters are not allowed: U+DC00.'] },
      { id: ['Enter a valid value.'], names: ['name: Null characters are not allowed.'] },
      { source: ['Null characters are not allowed.'] },
      { name: ['Surrogate characters are not allowed: U+D800.'] },
    ])
  })

  it('takes codes of real terminologies for ids', async () => {
    const target = await running.dictionary('CODES')
    const codes = ['PANEL.DRUG/TOX', 'HEM/BC', 'HEM%2FBC', 'Food/Papaya', 'application/ld+json', 'a b', 'user@x']
    const encoded = (id: string) => url('CODES', encodeURIComponent(id))
    const lines = [
      ...codes.map(id => concept('CODES', id)),
      ...codes.slice(1).map((id, index) => ({
        ...mapping('CODES', '', '', { id: `to ${id}`, to_concept_url: encoded(codes[index] as string) }),
        from_concept_url: encoded(id),
      })),
      { ...concept('CODES', 'HEM/BC'), __action: 'DELETE' },
    ]
    expect((await carriedOut(lines)).report).toMatchObject({ created: 13, deleted: 1, failed: 0 })
    const mapped = await running.bus.call(mappingOperations.get, { ...target, id: 'to HEM%2FBC' }, as('ada'))
    expect(mapped).toMatchObject({ from_concept_code: 'HEM%2FBC', to_concept_code: 'HEM/BC' })
    expect(mapped).toMatchObject({
      to_concept_url: encoded('HEM/BC'),
      url: expect.stringMatching(/to%20HEM%252FBC\/$/),
    })
    // The rows of an export are lines, too.
    const again = JSON.parse((await running.read(conceptOperations.list, { ...target, query: { limit: ['0'] } })).text)
    expect((await carriedOut([...again, mapped])).report).toMatchObject({ unchanged: 7, failed: 0 })
  })

  it('moves what mappings say among them, one after the other', async () => {
    const target = await running.dictionary('SWAP', ['A', 'B', 'C'])
    const { report } = await carriedOut([
      mapping('SWAP', 'A', 'B', { id: '1' }),
      mapping('SWAP', 'A', 'C', { id: '2' }),
      mapping('SWAP', 'B', 'C', { id: '1' }),
      mapping('SWAP', 'A', 'B', { id: '2' }),
      mapping('SWAP', 'A', 'C', { id: '1' }),
    ])
    expect(report).toMatchObject({ created: 2, updated: 3, failed: 0 })
    const one = await running.bus.call(mappingOperations.get, { ...target, id: '1' }, as('ada'))
    expect(one).toMatchObject({ from_concept_code: 'A', to_concept_code: 'C', version: '3' })
  })

  it('is carried out in few parts however its lines are mixed, with the outcome of one line after the other', async () => {
    await running.dictionary('MIXED')
    await running.dictionary('MIXED2')
    const lines = Array.from({ length: 300 }, (_, index) => [
      concept('MIXED', `C${index}`),
      { type: 'Reference', ...at('MIXED'), data: { expressions: [`/x/${index}/`] } },
      mapping('MIXED', `C${index}`, `C${Math.max(0, index - 1)}`, { map_type: 'Child', id: `M${index}` }),
      concept('MIXED2', `D${index}`),
      // Of the next one, which is still to come.
      mapping('MIXED2', `D${index}`, `D${index + 1}`),
      { ...mapping('MIXED2', `D${index}`, ''), to_concept_url: url('MIXED', `C${index}`) },
    ]).flat()
    const { id, report, result } = await carriedOut(lines)
    expect(report).toMatchObject({ total: 1_800, created: 1_499, unknown: 300, failed: 1 })
    expect(result.failed).toEqual([{ ...lines[2], errors: { __all__: ['Cannot map concept to itself.'] } }])
    expect(result.unknown.map(({ data }: Members) => (data as { expressions: string[] }).expressions[0])).toEqual(
      Array.from({ length: 300 }, (_, index) => `/x/${index}/`),
    )
    const parts = await running.store.read<{ count: number }>(
      { name: 'test.parts', text: 'select count(*) from bulk_import_part where import = $1' },
      [id],
    )
    expect(parts[0]?.count).toBeLessThanOrEqual(6)
    const told = await applied(id)
    expect(told.length).toBeLessThanOrEqual(4 * 6)
    expect(told.flatMap(({ changes }) => changes)).toHaveLength(1_499)
    const mapped = await running.read(mappingOperations.list, {
      ...{ ownerType: 'org', owner: 'MIXED2', source: 'S', query: { limit: ['0'] } },
    })
    const open = JSON.parse(mapped.text).filter(({ to_concept_url: to }: Members) => to === null)
    expect(open.map(({ to_concept_code: code }: Members) => code)).toEqual(['D300'])
  })

  it('keeps the order of lines where it matters', async () => {
    const target = await running.dictionary('INORDER', ['A', 'B'])
    const names = (name: string) => ({ names: [{ name, locale: 'en' }] })
    const { report } = await carriedOut([
      mapping('INORDER', 'A', 'B', { id: '1' }),
      concept('INORDER', 'B', names('renamed')),
      mapping('INORDER', 'B', 'A', { id: '2' }),
      concept('INORDER', 'B', names('renamed again')),
      mapping('INORDER', 'B', 'A', { id: '3', map_type: 'other' }),
      mapping('INORDER', 'B', 'A', { id: '3', map_type: 'changed' }),
      concept('INORDER', 'C', names('new')),
      concept('INORDER', 'C', { __action: 'DELETE' }),
      concept('INORDER', 'C', { ...names('back'), retired: false }),
      mapping('INORDER', 'A', 'C', { id: '4' }),
      mapping('INORDER', 'A', 'C', { id: '4', __action: 'DELETE' }),
    ])
    expect(report).toMatchObject({ created: 5, updated: 4, deleted: 2, failed: 0 })
    const get = (id: string) => running.bus.call(mappingOperations.get, { ...target, id }, as('ada'))
    expect(await get('1')).toMatchObject({ to_concept_name: 'B' })
    expect(await get('2')).toMatchObject({ from_concept_name: 'renamed' })
    expect(await get('3')).toMatchObject({ from_concept_name: 'renamed again', map_type: 'changed', version: '2' })
    expect(await get('4')).toMatchObject({ to_concept_name: 'back', retired: true })
    const c = await running.bus.call(conceptOperations.get, { ...target, id: 'C' }, as('ada'))
    expect(c).toMatchObject({ version: '3', retired: false })
  })
})
