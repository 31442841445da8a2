import { expect, test } from 'vitest'
import { refuseReaderWords } from './reader-words.ts'

test.each<Record<string, unknown>>([
  { name: 'concepts' },
  { supported_locales: ['en', 'mappings'] },
  { extras: { mappings: 1 } },
  { extras: { a: [{ b: 'concepts' }] } },
])('%j would be taken for rows', fields => {
  const details = [expect.objectContaining({ path: [Object.keys(fields)[0]], reason: 'reader_word' })]
  expect(() => refuseReaderWords(fields)).toThrow(expect.objectContaining({ code: 'invalid', details }))
})

test('words within others are no matter', () => {
  refuseReaderWords({ name: 'All concepts', extras: { Concepts: 'my mappings', n: null }, description: null })
})
