import { expect, test } from 'vitest'
import { readSynset, readWords } from './wordnet.ts'

test('a synset has its words, its gloss and its hypernyms, each once', () => {
  const line =
    '00001740 29 v 02 breathe 0 take_a_breath 0 004 @ 00005041 v 0000 @ 00005041 v 0000 ~ 00002325 v 0000 ' +
    '@ 00002579 v 0101 02 + 02 00 + 08 00 | draw air into, and expel out of, the lungs; "I can breathe"  '
  expect(readSynset(line, 'verb')).toEqual({
    concept: {
      id: 'v00001740',
      concept_class: 'verb',
      datatype: 'N/A',
      names: [
        { name: 'breathe', locale: 'en', locale_preferred: true },
        { name: 'take a breath', locale: 'en', locale_preferred: false },
      ],
      descriptions: [{ description: 'draw air into, and expel out of, the lungs; "I can breathe"', locale: 'en' }],
    },
    hypernyms: ['v00005041', 'v00002579'],
  })
})

test('the count of words is hexadecimal, and markers of syntax are no part of a word', () => {
  const names = Array.from({ length: 10 }, (_, index) => `word_${index}(p) 0`).join(' ')
  const { concept, hypernyms } = readSynset(`00003131 00 a 0a ${names} 001 ! 00003553 a 0101 | x`, 'adj')
  expect(concept.names).toHaveLength(10)
  expect(concept.names[9]).toEqual({ name: 'word 9', locale: 'en', locale_preferred: false })
  expect(hypernyms).toEqual([])
})

test('a relation leads to what is read with it, and ids are unique', async () => {
  const { concepts, mappings } = await readWords('verb')
  const ids = new Set(concepts.map(({ id }) => id))
  expect(ids.size).toBe(concepts.length)
  expect(concepts.length).toBeGreaterThan(13_000)
  expect(mappings.length).toBeGreaterThan(13_000)
  expect(mappings.filter(({ from, to }) => !ids.has(from) || !ids.has(to))).toEqual([])
  expect(new Set(mappings.map(({ id }) => id)).size).toBe(mappings.length)
})
