import { conceptOperations, maxRowBytes, parseExact, sourceOperations } from '@slipway/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concept, importActions, mapping } from './import-actions.ts'
import { as, type RunningExporter, startExporter } from './start-exporter.ts'
import { unzip } from './unzip.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running?.[Symbol.asyncDispose]())
const { carriedOut, applied } = importActions(() => running)

/** Small as they are sent, and several times as long as a row. */
const names = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `name ${index}`, locale: 'en' }))
const all = { includeConcepts: ['true'], includeMappings: ['true'], limit: ['0'] }

describe('a row of more than one message', () => {
  it('is read as it was written, whatever characters are cut apart', async () => {
    const target = await running.dictionary('PIECES')
    // What the row says of itself stands behind it.
    const long = JSON.stringify('\u{1f600}é"'.repeat(700_000))
    const text = `{"is_latest_version":true,"long":${long},"number":12345678901234567890}`
    const body = { id: 'A', concept_class: 'Test', datatype: 'N/A', names: names(1), extras: parseExact(text) }
    const first = await running.bus.request(conceptOperations.create, { ...target, body } as never, as('ada'))
    const second = await running.bus.request(
      conceptOperations.update,
      { ...target, id: 'A', body: { datatype: 'Text' } },
      as('ada'),
    )
    const [was, is] = [first, second].map(({ body: bytes }) => Buffer.from(bytes).toString()) as [string, string]
    expect(was).toContain(`"extras":${text}`)
    const got = await running.bus.request(conceptOperations.get, { ...target, id: 'A' }, as('ada'))
    expect(Buffer.from(got.body).toString()).toBe(is)
    const old = await running.bus.request(conceptOperations.get, { ...target, id: 'A', childVersion: '1' }, as('ada'))
    expect(Buffer.from(old.body).toString()).toBe(was)
    const older = was.replace(/"is_latest_version":true(?=,"locale")/, '"is_latest_version":false')
    expect((await running.read(conceptOperations.versions, { ...target, id: 'A', query: {} })).text).toBe(
      `[${is},${older}]`,
    )
    expect((await running.read(conceptOperations.list, { ...target, query: {} })).text).toBe(`[${is}]`)
  })

  it('is written by every way in and can be read wherever rows are', async () => {
    const target = await running.dictionary('LARGE', ['small'])
    expect(running.bus.maxPayload).toBeLessThan(2_000_000)
    const { id, report } = await carriedOut([
      concept('LARGE', 'imported', { names: names(6_000) }),
      mapping('LARGE', 'imported', 'small', { id: 'm', extras: { long: 'x'.repeat(2_000_000) } }),
    ])
    expect(report).toMatchObject({ created: 2 })
    expect(await applied(id)).toHaveLength(2)
    const long = 'x'.repeat(9_000_000)
    const body = { id: 'single', concept_class: 'Test', datatype: 'N/A', names: names(1), extras: { long } }
    const made = await running.bus.call(conceptOperations.create, { ...target, body }, as('ada'))
    expect(made.extras).toEqual({ long })
    const update = { ...target, id: 'single', body: { extras: { long: `${long}y` } } }
    expect(await running.bus.call(conceptOperations.update, update, as('ada'))).toMatchObject({ version: '2' })

    const imported = await running.bus.call(conceptOperations.get, { ...target, id: 'imported' }, as('ada'))
    expect(imported.names).toHaveLength(6_000)
    const read = async (...call: Parameters<RunningExporter['read']>) => JSON.parse((await running.read(...call)).text)
    expect(await read(conceptOperations.list, { ...target, query: {} })).toHaveLength(3)
    expect(await read(conceptOperations.versions, { ...target, id: 'single', query: {} })).toHaveLength(2)
    const { text } = await running.read(conceptOperations.withMappings, { ...target, id: 'imported', query: {} })
    const row = await running.bus.request(conceptOperations.get, { ...target, id: 'imported' }, as('ada'))
    expect(text.replace(/,"mappings":\[\{.*\}\]\}$/, ',"mappings":null}')).toBe(Buffer.from(row.body).toString())
    expect(JSON.parse(text).mappings).toMatchObject([{ id: 'm' }])
    const { concepts, mappings } = await read(sourceOperations.get, { ...target, query: all })
    expect([concepts.length, mappings.length]).toEqual([3, 1])
    await running.freeze(target, 'v1')
    const { bytes } = await running.exported(target, 'v1')
    expect(JSON.parse(unzip(bytes).text).concepts[2].extras.long).toHaveLength(9_000_001)
    expect((await carriedOut([...concepts, ...mappings])).report).toMatchObject({ unchanged: 4 })
    await running.bus.request(conceptOperations.retire, { ...target, id: 'single' }, as('ada'))
  })

  it('is refused beyond the limit, and nothing else with it', async () => {
    const target = await running.dictionary('BEYOND', ['A'])
    // As sent it is within the limit.
    const tooMany = { names: names(90_000) }
    const { report, result } = await carriedOut([
      concept('BEYOND', 'B'),
      concept('BEYOND', 'C', tooMany),
      concept('BEYOND', 'D'),
      concept('BEYOND', 'E'),
    ])
    expect(report).toMatchObject({ created: 3, failed: 1 })
    const detail = expect.stringMatching(new RegExp(`more than the ${maxRowBytes} `))
    expect(result.failed[0].errors).toEqual({ detail })
    const refused = { code: 'too_large', status: 413, message: detail }
    await expect(running.addConcept(target, 'F', tooMany)).rejects.toMatchObject(refused)
    const update = { ...target, id: 'A', body: tooMany }
    await expect(running.bus.call(conceptOperations.update, update, as('ada'))).rejects.toMatchObject(refused)
    const source = JSON.parse((await running.read(sourceOperations.get, { ...target, query: {} })).text)
    expect(source).toMatchObject({ active_concepts: 4 })
  })
})
