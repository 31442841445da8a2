import { type Identity, isFailure, type MappingFields, type SourceTarget } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { findConceptName } from '../child/child.store.ts'
import { childUrl, ownerTypeName } from '../paths.ts'
import { refuseField, refuseObject } from '../refusals.ts'
import { mayView } from '../rights.ts'
import { findSource, type SourceRow } from '../source/source.store.ts'
import { targetOf } from '../source/source.ts'
import { codeEnd, type EndPlace, readConceptEnd } from './end-url.ts'

/** Where a mapping begins and leads, as its row says it. */
export type MappingEnds = {
  /** Empty while the concept is not here. */
  readonly from_concept_url: string
  readonly from_concept_code: string
  readonly from_concept_name: string | null
  readonly from_concept_name_resolved: string | null
  readonly from_source_url: string
  readonly from_source_name: string
  readonly from_source_owner: string
  readonly from_source_owner_type: string
  /** Null while the concept is not here. */
  readonly to_concept_url: string | null
  readonly to_concept_code: string | null
  readonly to_concept_name: string | null
  readonly to_concept_name_resolved: string | null
  readonly to_source_url: string | null
  readonly to_source_name: string | null
  readonly to_source_name_resolved: string | null
  readonly to_source_owner: string | null
  readonly to_source_owner_type: string | null
}

/** Where both ends of a mapping are here: positions of sources and concepts. */
export type MappingLinks = {
  readonly from: number | null
  readonly to: number | null
  readonly fromConcept: number | null
  readonly toConcept: number | null
}

/** Their columns: of the mapping `c`, and of its state `v`. */
export const linkColumns = [
  'c.from_source as from',
  'c.to_source as to',
  'v.from_concept as fromConcept',
  'v.to_concept as toConcept',
] as const

export type FoundEnds = {
  readonly ends: MappingEnds
  readonly links: MappingLinks
}

const specifyOne = "Must specify either 'to_concept' or 'to_source' & 'to_concept_code'"

export type EndConcept = { readonly position: number; readonly name: string | null }

/** What the ends of mappings are looked up with. */
export type EndLookup = {
  /**
   * A source that may be looked into, or from which the mapping has a concept already (`isKnown`): whoever changes
   * something else of it need not see that. Undefined when there is none: what may not be seen is not there.
   */
  source(target: SourceTarget, isKnown?: boolean): Promise<SourceRow | undefined>
  /** A concept of it, with the name that it is shown under; undefined when there is none. */
  concept(source: SourceRow, id: string): Promise<EndConcept | undefined>
}

/** Looks ends up one by one. `maySee`: which sources may be looked into. */
export function endsIn(tx: Queryable, identity: Identity | null, maySee = viewedBy(identity)): EndLookup {
  return {
    async source(target, isKnown) {
      try {
        const found = await findSource(tx.query, target, identity)
        return isKnown || maySee(found) ? found : undefined
      } catch (error) {
        if (isFailure(error, 'not_found')) return undefined
        throw error
      }
    },
    concept: ({ position }, id) => findConceptName(tx.query, position, id),
  }
}

const viewedBy = (identity: Identity | null) => (source: SourceRow) => mayView(identity, source)

/** Both ends of a mapping, whether or not they are here. */
export type EndPlaces = { readonly from: EndPlace; readonly to: EndPlace }

/** The ends that a mapping has. */
export const placesOf = (ends: MappingEnds): EndPlaces => ({
  from: codeEnd(ends.from_source_url, ends.from_concept_code),
  to: codeEnd(ends.to_source_url ?? '', ends.to_concept_code ?? ''),
})

/**
 * The ends that a mapping is to have. `before`: of the mapping that is changed; a new target of one sort replaces the old
 * one of the other. @throws `invalid`
 */
export function placesFor(given: Partial<MappingFields>, before: MappingEnds | undefined): EndPlaces {
  const kept = before && placesOf(before)
  const fromUrl = given.from_concept_url
  const from = fromUrl === undefined ? kept?.from : readConceptEnd(fromUrl)
  if (!from) throw noConcept('from_concept_url')
  return { from, to: targetFor(given, before, from) }
}

function targetFor(given: Partial<MappingFields>, before: MappingEnds | undefined, from: EndPlace): EndPlace {
  const { to_concept_url: url, to_source_url: source, to_concept_code: code } = given
  const to = url ? readConceptEnd(url) : undefined
  // Beside a code it may be the URL of a source, which stands for `to_source_url` where there is none.
  const isSource = url && !to && code
  if (url && !isSource) {
    if (source || code) throw refuseObject(`${specifyOne}. Cannot specify both.`)
    if (!to) throw noConcept('to_concept_url')
    if (isSame(from, to)) throw refuseObject('Cannot map concept to itself.')
    return to
  }
  const sourceOf = source || (isSource && url) || before?.to_source_url
  const codeOf = code || before?.to_concept_code
  if (!sourceOf || !codeOf) throw refuseObject(specifyOne)
  const end = codeEnd(sourceOf, codeOf)
  if (isSame(from, end)) throw refuseObject('Cannot map concept to itself.')
  return end
}

/** Looks up what a mapping leads from and to. What is not here is said by its code, until it comes. @throws `invalid` */
export async function findEnds(
  lookup: EndLookup,
  given: Partial<MappingFields>,
  before: MappingEnds | undefined,
): Promise<FoundEnds> {
  const { from, to } = placesFor(given, before)
  const known = before && placesOf(before)
  const fromHere = await hereOf(lookup, from, Boolean(before?.from_concept_url && isSame(from, known?.from)))
  const toHere = await hereOf(lookup, to, Boolean(before?.to_concept_url && isSame(to, known?.to)))
  const fromSource = sourceFields(from, fromHere.source)
  const toSource = sourceFields(to, toHere.source)
  const toName = nameOf(given, isSame(to, known?.to) ? before : undefined, toHere.concept)
  return {
    links: {
      from: fromHere.source?.position ?? null,
      to: toHere.source?.position ?? null,
      fromConcept: fromHere.concept?.position ?? null,
      toConcept: toHere.concept?.position ?? null,
    },
    ends: {
      from_concept_url: fromHere.concept ? childUrl(from.sourceUrl, 'concept', from.code) : '',
      from_concept_code: from.code,
      from_concept_name: fromHere.concept?.name ?? null,
      from_concept_name_resolved: fromHere.concept?.name ?? null,
      from_source_url: from.sourceUrl,
      from_source_name: fromSource.name ?? '',
      from_source_owner: fromSource.owner ?? '',
      from_source_owner_type: fromSource.ownerType ?? '',
      to_concept_url: toHere.concept ? childUrl(to.sourceUrl, 'concept', to.code) : null,
      to_concept_code: to.code,
      to_concept_name: toName,
      to_concept_name_resolved: toHere.concept?.name ?? null,
      to_source_url: to.sourceUrl,
      to_source_name: toSource.name,
      to_source_name_resolved: toHere.source?.name ?? null,
      to_source_owner: toSource.owner,
      to_source_owner_type: toSource.ownerType,
    },
  }
}

/**
 * The name that the target is given: by the caller, else its own. What a caller gave stays while the target does; it
 * differs from the name that was found.
 */
function nameOf(
  given: Partial<MappingFields>,
  before: MappingEnds | undefined,
  concept: EndConcept | undefined,
): string | null {
  if (given.to_concept_name !== undefined) return given.to_concept_name ?? concept?.name ?? null
  const wasGiven =
    before && (before.to_concept_url === null || before.to_concept_name !== before.to_concept_name_resolved)
  return (wasGiven ? before.to_concept_name : null) ?? concept?.name ?? null
}

async function hereOf(lookup: EndLookup, { target, code }: EndPlace, isKnown: boolean) {
  const source = target && (await lookup.source(target, isKnown))
  return { source, concept: source && (await lookup.concept(source, code)) }
}

function sourceFields({ target }: EndPlace, source: SourceRow | undefined) {
  const found = source ? targetOf(source) : target
  if (!found) return { name: null, owner: null, ownerType: null }
  return { name: found.source, owner: found.owner, ownerType: ownerTypeName[found.ownerType] }
}

export const isSame = (one: EndPlace, other: EndPlace | undefined): boolean =>
  one.sourceUrl === other?.sourceUrl && one.code === other.code

const noConcept = (field: string) => refuseField(field, 'Concept matching query does not exist.', 'does_not_exist')
