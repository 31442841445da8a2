import { type PublicationState, publicationStates, type Viewer } from '@slipway/contracts'

/** What a viewer may see of the packages of any member. */
export type Sight = {
  /** Short name, for entity tags and statements. */
  readonly name: 'public' | 'affiliate' | 'insider' | 'editor'
  /** Versions in these states are shown inside packages, and may be read one by one. */
  readonly states: readonly PublicationState[]
  /** Lists hold all packages, not only those with a version that is published or previewed. */
  readonly unpublished: boolean
  /** Whether the origin of files is shown. */
  readonly origins: boolean
}

const everything = { states: publicationStates, unpublished: true } as const
const sights: Readonly<Record<Sight['name'], Sight>> = {
  public: { name: 'public', states: ['online'], unpublished: false, origins: false },
  affiliate: { name: 'affiliate', states: ['online', 'alpha/beta'], unpublished: false, origins: false },
  insider: { name: 'insider', ...everything, origins: false },
  editor: { name: 'editor', ...everything, origins: true },
}

/** The rule of MLDS: staff of every member see the packages of all of them. */
export function sightOf({ kind }: Pick<Viewer, 'kind'>): Sight {
  if (kind === 'admin' || kind === 'staff') return sights.editor
  if (kind === 'member') return sights.insider
  return kind === 'user' ? sights.affiliate : sights.public
}
