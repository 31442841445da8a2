import { expect, test } from 'vitest'
import { readLanguages } from './iso-639-3.ts'

test('a language is a concept; its other codes are extras, if it has any', async () => {
  const { concepts, mappings } = await readLanguages()
  expect(concepts.length).toBeGreaterThan(7_800)
  expect(mappings).toEqual([])
  expect(new Set(concepts.map(({ id }) => id)).size).toBe(concepts.length)
  expect(concepts.find(({ id }) => id === 'deu')).toEqual({
    id: 'deu',
    concept_class: 'living',
    datatype: 'N/A',
    names: [{ name: 'German', locale: 'en', locale_preferred: true }],
    extras: { scope: 'individual', iso6391: 'de', iso6392B: 'ger', iso6392T: 'deu' },
  })
  expect(concepts.find(({ id }) => id === 'got')?.extras).toEqual({
    scope: 'individual',
    iso6392B: 'got',
    iso6392T: 'got',
  })
})
