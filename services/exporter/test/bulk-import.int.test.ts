import {
  bulkImportOperations,
  conceptOperations,
  mappingOperations,
  sourceOperations,
  sourceVersionOperations,
} from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at, concept, importActions, mapping, url } from './import-actions.ts'
import { as, type RunningExporter, startExporter } from './start-exporter.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running?.[Symbol.asyncDispose]())
const { submit, read, finished, carriedOut, events, applied } = importActions(() => running)

describe('an import', () => {
  it('makes an org, a source, its concepts, mappings and a version, in this order', async () => {
    const submitted = await submit([
      { type: 'Organization', id: 'ALL', name: 'All' },
      { type: 'Source', id: 'S', name: 'Source', owner: 'ALL', owner_type: 'Organization', default_locale: 'en' },
      concept('ALL', 'A'),
      concept('ALL', 'B', { extras: { 'a.b%': [1, { x: null }] }, retired: true }),
      mapping('ALL', 'A', 'B', { id: 'M', sort_weight: 2.5 }),
      mapping('ALL', 'B', 'A', { map_type: 'BROADER-THAN' }),
      {
        type: 'Mapping',
        ...at('ALL'),
        map_type: 'SAME-AS',
        from_concept_url: url('ALL', 'A'),
        to_source_url: '/orgs/ALL/sources/S/',
        to_concept_code: 'elsewhere',
      },
      { type: 'Source Version', id: 'v1', ...at('ALL'), released: true },
    ])
    expect(submitted).toMatchObject({
      state: 'PENDING',
      name: 'bulk_import',
      queue: 'default',
      username: 'ada',
      summary: null,
    })
    expect(submitted.id).toMatch(/^BI_[0-9A-Z]{8}$/)
    expect(submitted).toMatchObject({
      task: submitted.id,
      started_at: null,
      finished_at: null,
      runtime: null,
      children: [],
      message: null,
    })
    const task = await finished(submitted.id)
    expect(task).toMatchObject({
      state: 'SUCCESS',
      report: { total: 8, processed: 8, created: 8, failed: 0, unknown: 0 },
    })
    expect(task.message).toMatch(
      /^Processed: 8\/8 \| Created: 8 \| Updated: 0 \| DELETED: 0 \| Existing: 0 \| Permission Denied: 0 \| Failed: 0 \| Unchanged \(standard checksum\): 0 \| Time: \d+\.\dsecs$/,
    )
    expect(task.result.created[2]).toEqual(concept('ALL', 'A'))

    const target = { ownerType: 'org', owner: 'ALL', source: 'S' } as const
    const source = JSON.parse((await running.read(sourceOperations.get, { ...target, query: {} })).text)
    expect(source).toMatchObject({ active_concepts: 1, active_mappings: 3, versions: 2 })
    const imported = await running.bus.call(conceptOperations.get, { ...target, id: 'B' }, as('ada'))
    expect(imported).toMatchObject({
      extras: { 'a.b%': [1, { x: null }] },
      retired: true,
      created_by: 'ada',
      version: '1',
    })
    // The same by a single write differs in nothing but what is random, or a time.
    const body = { ...concept('ALL', 'A'), id: 'single' }
    const single = await running.bus.call(conceptOperations.create, { ...target, body }, as('ada'))
    const twin = await running.bus.call(conceptOperations.get, { ...target, id: 'A' }, as('ada'))
    const plain = (row: object) =>
      JSON.stringify(row)
        .replaceAll(/"[0-9a-f-]{36}"|"\d{4}-\d\d-\d\dT[^"]*"/g, '"…"')
        .replaceAll(/single|\/A\/|"A"/g, 'X')
    expect(plain(twin).replaceAll('X', '')).toBe(plain(single).replaceAll(/\/X\/|"X"|X/g, ''))
    const versions = await running.read(sourceVersionOperations.list, { ...target, query: {} })
    expect(JSON.parse(versions.text)).toMatchObject([{ id: 'HEAD' }, { id: 'v1', released: true }])
    await running.exported(target, 'v1')
    const mapped = await running.bus.call(mappingOperations.get, { ...target, id: 'M' }, as('ada'))
    expect(mapped).toMatchObject({ to_concept_code: 'B', to_concept_name: 'name of B', sort_weight: 2.5 })
    const [concepts, mappings, ...more] = await applied(submitted.id)
    expect(concepts).toMatchObject({
      ...{ source_url: '/orgs/ALL/sources/S/', kind: 'concept', processed: 7, counts: { created: 7 } },
      changes: ['A', 'B'].map(id => ({ id, change: 'created', sequence: 1 })),
    })
    expect(mappings).toMatchObject({ kind: 'mapping', changes: Array(3).fill({ change: 'created', sequence: 1 }) })
    expect(more).toEqual([])
    // Its own events go on where the import left it.
    await running.bus.call(conceptOperations.update, { ...target, id: 'A', body: { datatype: 'Text' } }, as('ada'))
    expect(await events('concept', '/orgs/ALL/sources/S/concepts/A/')).toMatchObject([
      { verb: 'updated', sequence: 2, aggregate: concepts?.changes[0]?.uuid },
    ])
    const [row] = await running.store.read<{ fine: boolean }>({
      name: 'test.links',
      text: `select bool_and(from_concept is not null) as fine from child_version v join child c on c.position = v.child
        where c.kind = 'mapping'`,
    })
    expect(row?.fine).toBe(true)
  })

  it('updates what is there where something differs, and leaves the rest alone', async () => {
    const target = await running.dictionary('AGAIN', ['A', 'B'])
    const lines = [
      concept('AGAIN', 'A'),
      concept('AGAIN', 'A', { datatype: 'Text' }),
      concept('AGAIN', 'A', { datatype: 'Text' }),
      { type: 'Concept', ...at('AGAIN'), id: 'B', external_id: 'x', update_comment: 'why' },
      mapping('AGAIN', 'A', 'B'),
      mapping('AGAIN', 'A', 'B', { sort_weight: 1 }),
      mapping('AGAIN', 'A', 'B'),
      concept('AGAIN', 'C', { __action: 'UPDATE' }),
      concept('AGAIN', 'A', { __action: 'CREATE' }),
      { type: 'Concept', ...at('AGAIN'), id: 'A', __action: 'DELETE', update_comment: 'gone' },
      { type: 'Concept', ...at('AGAIN'), id: 'A', __action: 'DELETE' },
      mapping('AGAIN', 'A', 'B', { __action: 'DELETE' }),
      mapping('AGAIN', 'A', 'B', { __action: 'DELETE' }),
      { type: 'Organization', id: 'AGAIN', name: 'Again' },
      { type: 'Source', id: 'S', name: 'S', owner: 'AGAIN' },
    ]
    const { id: task, report, result } = await carriedOut(lines)
    const told = (await applied(task)).flatMap(({ changes }) => changes)
    expect(told.filter(({ id }) => id === 'A').map(({ change, sequence }) => [change, sequence])).toEqual([
      ['updated', 2],
      ['updated', 3],
      ['retired', 4],
    ])
    expect(told).toHaveLength(7)
    expect(report).toMatchObject({
      ...{ created: 1, updated: 4, unchanged: 3, exists: 3, deleted: 2, not_found: 1, failed: 1 },
      ...{ total: 15, processed: 15, invalid: 0, unknown: 0, permission_denied: 0 },
    })
    expect(result.failed).toEqual([{ ...lines[10], errors: { __all__: ['Concept is already retired'] } }])
    const a = await running.bus.call(conceptOperations.get, { ...target, id: 'A' }, as('ada'))
    expect(a).toMatchObject({ version: '4', retired: true, datatype: 'Text', update_comment: 'gone' })
    const b = await running.bus.call(conceptOperations.get, { ...target, id: 'B' }, as('ada'))
    expect(b).toMatchObject({ version: '2', external_id: 'x', concept_class: 'Test', update_comment: 'why' })
    const source = JSON.parse((await running.read(sourceOperations.get, { ...target, query: {} })).text)
    expect(source).toMatchObject({ active_concepts: 1, active_mappings: 0 })

    const kept = await carriedOut([concept('AGAIN', 'B', { datatype: 'Other' })], { updateIfExists: false })
    expect(kept.report).toMatchObject({ exists: 1, updated: 0 })
    const revived = await carriedOut([concept('AGAIN', 'A', { retired: false })])
    expect(revived.report).toMatchObject({ updated: 1 })
    const counted = JSON.parse((await running.read(sourceOperations.get, { ...target, query: {} })).text)
    expect(counted).toMatchObject({ active_concepts: 2 })
  })

  it('acts with the rights of whoever asked for it', async () => {
    const target = await running.dictionary('RIGHTS', ['A'])
    await running.bus.call(sourceOperations.update, { ...target, body: { public_access: 'View' } }, as('ada'))
    const foreign = [
      concept('RIGHTS', 'B'),
      { type: 'Source', id: 'T', name: 'T', owner: 'RIGHTS' },
      mapping('RIGHTS', 'A', 'A'),
    ]
    const submitted = await submit(foreign, { person: 'bob' })
    await expect(read(submitted.id)).rejects.toMatchObject({ code: 'not_found' })
    await eventually(async () => (await read(submitted.id, false, 'bob')).state === 'SUCCESS')
    expect((await read(submitted.id, true, 'staff')).report).toMatchObject({ permission_denied: 3, created: 0 })
    const own = await submit(
      [
        { type: 'Source', id: 'own', name: 'Own', owner: 'BOB', owner_type: 'User' },
        { ...concept('', 'A'), owner: 'bob', owner_type: 'User', source: 'own' },
      ],
      { person: 'bob' },
    )
    await eventually(async () => (await read(own.id, false, 'bob')).state === 'SUCCESS')
    expect((await read(own.id, true, 'bob')).report).toMatchObject({ created: 2 })
    await expect(submit([{}], { person: 'nobody' })).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(running.read(bulkImportOperations.list, { username: 'ada' }, 'bob')).rejects.toMatchObject({
      code: 'forbidden',
    })
    expect(
      JSON.parse((await running.read(bulkImportOperations.list, { username: 'bob' }, 'staff')).text),
    ).toMatchObject([{ id: own.id }, { id: submitted.id }])
  })

  it('takes parents and mappings of a concept with it, and reasons of retiring', async () => {
    const target = await running.dictionary('WHOLE', ['A'])
    const whole = concept('WHOLE', 'W', {
      parent_concept_urls: [url('WHOLE', 'A')],
      mappings: [{ map_type: 'IS-A', to_concept_url: url('WHOLE', 'A') }],
    })
    const gone = { __action: 'DELETE', retire_reason: 'twice', comment: 'tidied' }
    const { report, result } = await carriedOut([
      whole,
      whole,
      { ...whole, mappings: [{ map_type: 'IS-A', to_concept_url: url('WHOLE', 'A'), sort_weight: 1 }] },
      concept('WHOLE', 'X', { mappings: [{}] }),
      concept('WHOLE', 'A', gone),
      mapping('WHOLE', 'W', 'A', { map_type: 'IS-A', ...gone }),
    ])
    expect(report).toMatchObject({ created: 1, unchanged: 1, updated: 1, failed: 1, deleted: 2 })
    expect(result.failed[0].errors.mappings).toContain('map_type: This field is required.')
    const [read] = JSON.parse(
      (await running.read(mappingOperations.list, { ...target, query: { includeRetired: ['1'] } })).text,
    )
    expect(read).toMatchObject({
      from_concept_code: 'W',
      retired: true,
      retire_reason: 'twice',
      update_comment: 'tidied',
    })
    const a = await running.bus.call(conceptOperations.get, { ...target, id: 'A' }, as('ada'))
    expect(a).toMatchObject({ retired: true, retire_reason: 'twice', update_comment: 'tidied' })
    const w = await running.bus.call(conceptOperations.get, { ...target, id: 'W' }, as('ada'))
    expect(w).toMatchObject({ version: '1', parent_concept_urls: [url('WHOLE', 'A')] })
    const fields = { canonical_url: 'https://x.example/cs', identifier: { value: 1 }, hierarchy_meaning: 'is-a' }
    await carriedOut([{ type: 'Source', id: 'F', name: 'F', owner: 'WHOLE', ...fields }])
    expect(JSON.parse((await running.read(sourceOperations.get, { ...target, source: 'F' })).text)).toMatchObject(
      fields,
    )
  })
})
