import { fastify } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { dictionaries } from '../src/demo/content/dictionaries.ts'
import { importTerminology } from '../src/demo/content/import.ts'
import { nothingLeft } from '../src/demo/content/nothing-left.ts'
import type { Terminology } from '../src/demo/content/terminology.ts'
import { platformApi } from '../src/demo/platform-api.ts'

/** The part of the platform's HTTP API that content needs, played by a test. */
let uploads: string[] = []
let known: string[] = []
/** Imports of earlier runs. */
let queues: Readonly<Record<string, readonly object[]>> = {}
/** What the task of an import says, one answer after the other; the last one stays. */
let answers: object[] = []
/** Versions that the package shows, one list after the other; the last one stays. */
let versions: number[][] = []
const next = <Item>(items: Item[]): Item => (items.length > 1 ? items.shift() : items[0]) as Item

const server = fastify({ forceCloseConnections: true })
server.addContentTypeParser<string>(
  'application/x-ndjson',
  { parseAs: 'string' },
  async (_request: unknown, lines: string) => lines,
)
server.get<{ Params: { queue: string } }>('/importers/bulk-import/:queue/', ({ params }) => queues[params.queue] ?? [])
server.post('/importers/bulk-import/:queue/', (request, reply) => {
  uploads.push(request.body as string)
  return reply.code(202).send({ task: 'BI_1' })
})
server.get('/importers/bulk-import/', () => next(answers))
server.get('/orgs/*', ({ url }, reply) => (known.includes(url) ? {} : reply.code(404).send({ detail: 'Not found.' })))
server.get('/api/releasePackages/7', () => ({
  releaseVersions: next(versions).map(id => ({ releaseVersionId: id, name: `version ${id}` })),
}))

let url = ''
beforeAll(async () => {
  url = await server.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => server.close())
beforeEach(() => {
  uploads = []
  known = []
  queues = {}
})

const api = () => platformApi(url, 'T', new AbortController().signal)
const [, dictionary] = dictionaries('adverb') as [never, ReturnType<typeof dictionaries>[number]]
const source = '/orgs/Princeton/sources/WordNet/'
const concept = (id: string) => ({ id, concept_class: 'noun', datatype: 'N/A', names: [] })
const terminology: Terminology = {
  concepts: [concept('a'), concept('b')],
  mappings: [{ id: 'a-b', map_type: 'Hypernym', from: 'a', to: 'b' }],
}
const task = (state: string, processed: number, created: number, unchanged = 0) => ({
  ...{ id: 'BI_1', state, message: `so many: ${processed}`, runtime: 2 },
  report: { total: processed < 2 && state === 'STARTED' ? 2 : processed, processed, created, unchanged },
})

async function importAll(): Promise<unknown[]> {
  const seen: unknown[] = []
  await importTerminology({ api: api(), dictionary, terminology, onProgress: progress => void seen.push(progress) })
  return seen
}

test('concepts go first, then the mappings between them, each line with its place', async () => {
  answers = [task('STARTED', 1, 1), task('SUCCESS', 2, 1, 1), task('SUCCESS', 1, 1)]
  expect(await importAll()).toEqual([
    { label: 'WordNet concepts', done: 1, total: 2, seconds: 2 },
    { label: 'WordNet concepts', done: 2, total: 2, seconds: 2 },
    { label: 'WordNet mappings', done: 1, total: 1, seconds: 2 },
  ])
  const place = { owner: 'Princeton', owner_type: 'Organization', source: 'WordNet' }
  const ends = { from_concept_url: `${source}concepts/a/`, to_concept_url: `${source}concepts/b/` }
  expect(
    uploads.map(lines =>
      lines
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line)),
    ),
  ).toEqual([
    [concept('a'), concept('b')].map(one => ({ type: 'Concept', ...place, ...one })),
    [{ type: 'Mapping', ...place, id: 'a-b', map_type: 'Hypernym', ...ends }],
  ])
})

test('what is there up to its last line is not imported again', async () => {
  known = [`${source}concepts/b/`]
  answers = [task('SUCCESS', 1, 1)]
  await importAll()
  expect(uploads).toHaveLength(1)
  known.push(`${source}mappings/a-b/`)
  await importAll()
  expect(uploads).toHaveLength(1)
})

test('an import that an earlier run left is followed to its end first', async () => {
  queues = { 'WordNet-concepts': [{ ...task('STARTED', 1, 1), id: 'BI_0' }, task('SUCCESS', 2, 2)] }
  known = [`${source}concepts/b/`, `${source}mappings/a-b/`]
  answers = [task('STARTED', 1, 1), task('SUCCESS', 2, 2)]
  expect(await importAll()).toMatchObject([{ done: 1 }, { done: 2 }])
  expect(uploads).toEqual([])
})

test('an import fails when a line is not taken, or all of it', async () => {
  answers = [task('SUCCESS', 2, 1)]
  await expect(importAll()).rejects.toThrow('WordNet concepts: SUCCESS, so many: 2')
  answers = [task('REVOKED', 0, 0)]
  await expect(importAll()).rejects.toThrow('WordNet concepts: REVOKED')
})

test('what a release left is waited for to go', async () => {
  const loaded = [{ dictionary, packageId: 7, versions: [1] }]
  versions = [[1, 2], [1]]
  await nothingLeft(api(), loaded, 'RE_1')
  expect(versions).toEqual([[1]])
  versions = [[1, 2]]
  await expect(nothingLeft(api(), loaded, 'RE_1', 0)).rejects.toThrow('there is still version "version 2" of package 7')
  versions = [[1]]
  known = [`${source}RE_1/`]
  await expect(nothingLeft(api(), loaded, 'RE_1', 0)).rejects.toThrow(`there is still version ${source}RE_1/`)
})
