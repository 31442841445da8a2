import { readFile } from 'node:fs/promises'
import { conceptOperations, failure, mappingOperations, type Operation, taskOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { feedBadInputs, identityToken, unfitColumns } from '@slipway/testing'
import { expect, test } from 'vitest'
import { as, baseUrl, startExporter } from './start-exporter.ts'

const call = { identity: identityToken('ada', { superuser: true, roles: ['staff'] }), baseUrl, timeoutMs: 30_000 }

const query = Object.fromEntries(
  ['limit', 'page', 'offset', 'q', 'updatedSince', 'includeRetired', 'includeConcepts', 'verbose', 'released'].map(
    name => [name, ['1']],
  ),
)
const concept = {
  names: [{ name: 'x', locale: 'en', name_type: 'SYNONYM', external_id: 'e', locale_preferred: true }],
  descriptions: [{ description: 'x', locale: 'en', description_type: 'd', external_id: 'e' }],
  extras: { deep: { list: ['x', 1] } },
}

test('no value that is none breaks an operation, or is kept', async () => {
  await using exporter = await startExporter()
  const { bus, store } = exporter
  // A coordinator that has no tasks.
  const none = handlerOf(taskOperations.get, () => Promise.reject(failure('not_found', 'Not found.')))
  await bus.serve([none], { queue: 'coordinator' })
  const target = await exporter.dictionary('ODD', ['A', 'B'])
  const at = '/orgs/ODD/sources/S/concepts'
  const ends = { map_type: 'SAME-AS', from_concept_url: `${at}/A/`, to_concept_url: `${at}/B/` }
  await bus.call(mappingOperations.create, { ...target, body: { id: 'M', ...ends } }, as('ada'))
  await exporter.freeze(target, 'v1')
  await exporter.exported(target, 'v1')

  const known = ({ noun, verb }: Operation): Record<string, unknown> => {
    const org = { org: 'ODD', member: 'ada' }
    const { source: _none, ...owner } = target
    switch (noun) {
      case 'org':
      case 'org-member':
        if (verb === 'create' || verb === 'delete') return {}
        return verb === 'list' && noun === 'org' ? { query } : { ...org, ...(verb === 'list' && { query }) }
      case 'source':
        if (verb === 'delete') return {}
        return verb === 'list' ? { ...owner, query } : verb === 'create' ? owner : { ...target, query }
      case 'source-version':
        return verb === 'delete' ? target : { ...target, version: 'v1', query, body: { extras: concept.extras } }
      case 'export':
        return verb === 'delete' ? target : { ...target, version: 'v1', range: 'bytes=0-1' }
      case 'concept':
      case 'mapping': {
        const id = noun === 'concept' || verb === 'of-concept' ? 'A' : 'M'
        const body = noun === 'concept' ? concept : { ...ends, extras: concept.extras }
        const frozen = ['list', 'get', 'versions', 'of-concept'].includes(verb) && { version: 'v1', query }
        return {
          ...target,
          id,
          childVersion: '1',
          ...frozen,
          ...(verb === 'update' && { body: { ...body, id } }),
          body,
        }
      }
      case 'owner-profile':
        return { login: 'ada' }
      default:
        return {}
    }
  }
  expect(await feedBadInputs({ bus, service: 'exporter', call, known })).toEqual([])
  expect(await unfitColumns(store)).toEqual([])
})

test('what was let in once is mended, and a frozen version is read again', async () => {
  await using exporter = await startExporter()
  const target = await exporter.dictionary('MENDED', ['A', 'B'])
  await exporter.freeze(target, 'v1')
  const frozen = { ...target, version: 'v1' }
  const search = () => exporter.read(conceptOperations.list, { ...frozen, query: { q: ['\u{fffd}b'] } })
  const spoil = String.raw`update child_version set body = replace(body, '"name":"A"', '"name":"a\ud800b \\\u0000 \\u0000"')`
  await exporter.store.write({ name: 'test.spoil', text: spoil })
  await expect(search()).rejects.toMatchObject({ code: 'invalid' })

  const migration = new URL('../migrations/0011-fit-texts.sql', import.meta.url)
  for (const [index, text] of (await readFile(migration, 'utf8')).split(/;$/m).entries()) {
    if (text.trim() !== '') await exporter.store.write({ name: `test.mend-${index}`, text })
  }
  const { text } = await search()
  expect(JSON.parse(text)).toMatchObject([{ id: 'A', names: [{ name: 'a\u{fffd}b \\\u{fffd} \\u0000' }] }])
  expect(await unfitColumns(exporter.store)).toEqual([])
})
