import { parseExact } from '@slipway/contracts'
import type { SourceRow } from '../source/source.store.ts'

export type ChildKind = 'concept' | 'mapping'

/** What surrounds the content of a state in its row. */
export type Frame = {
  readonly source: SourceRow
  readonly sourceUrl: string
  readonly ownerUrl: string
  readonly ownerType: 'Organization' | 'User'
  readonly id: string
  /** Of the concept or mapping, and of this state of it. */
  readonly childUuid: string
  readonly uuid: string
  readonly number: number
  readonly url: string
  readonly previousUrl: string | null
  readonly createdOn: string
  readonly createdBy: string
  /** When this state was made. */
  readonly now: string
  readonly actor: string
  readonly comment: string | null
}

/** What rows of both kinds have, and what programs here read of them. */
export type ChildRow = {
  readonly retired: boolean
  readonly retire_reason: string | null
  readonly created_on: string
  readonly created_by: string
  readonly version_url: string
}

/** A stored row, with its numbers as they were sent. */
export const childRowOf = (body: string): ChildRow => parseExact(body) as ChildRow

/** How a kind makes rows out of what people send; `content` is what a new state is needed for when it differs. */
export type ChildRules<Values, Content extends { readonly retired: boolean }> = {
  readonly kind: ChildKind
  readonly contentOf: (row: ChildRow) => Content
  readonly rowOf: (content: Content, frame: Frame) => ChildRow
  /** Text that lists are searched in. */
  readonly searchOf: (content: Content, id: string) => string
  /** Of mappings: what must be unique in the source, and where both ends are. */
  readonly linksOf?: (content: Content) => ChildLinks
  readonly commentOf: (values: Partial<Values>) => string | null
}

export type ChildLinks = {
  readonly matchKey: string
  readonly fromSource: number | null
  readonly toSource: number | null
  /** Positions of the concepts at both ends, as far as they are here. */
  readonly fromConcept: number | null
  readonly toConcept: number | null
  /** Keys of the ends of which the concept is not here, or was not to be seen. */
  readonly openFrom: string | null
  readonly openTo: string | null
}
