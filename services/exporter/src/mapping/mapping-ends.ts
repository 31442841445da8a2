import { type Identity, isFailure, type MappingFields, type SourceTarget } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { findChild } from '../child/child.store.ts'
import { childUrl, ownerTypeName, sourceUrl } from '../paths.ts'
import { refuseField, refuseObject } from '../refusals.ts'
import { requireView } from '../rights.ts'
import { findSource, type SourceRow } from '../source/source.store.ts'
import { targetOf } from '../source/source.ts'

/** Where a mapping begins and leads, as its row says it. */
export type MappingEnds = {
  readonly from_concept_url: string
  readonly from_concept_code: string
  readonly from_concept_name: string | null
  readonly from_concept_name_resolved: string | null
  readonly from_source_url: string
  readonly from_source_name: string
  readonly from_source_owner: string
  readonly from_source_owner_type: string
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

export type FoundEnds = {
  readonly ends: MappingEnds
  readonly links: MappingLinks
}

const pathPattern = /^(?:https?:\/\/[^/]+)?\/(orgs|users)\/([^/]+)\/sources\/([^/]+)\/(.*)$/
/** Below a source: of its live state, or of a version; no version is called `concepts`. */
const conceptPattern = /^(?:(?!concepts\/)[^/]+\/)?concepts\/([^/]+)\//

const specifyOne = "Must specify either 'to_concept' or 'to_source' & 'to_concept_code'"

export type EndConcept = { readonly position: number; readonly name: string | null }

/** What the ends of mappings are looked up with. */
export type EndLookup = {
  /**
   * A source that the caller may see, or that the mapping leads to already (`isKnown`): whoever changes something else
   * of it need not see that. @throws `not_found`, `forbidden`, `unauthenticated`
   */
  source(target: SourceTarget, isKnown?: boolean): Promise<SourceRow>
  /** A concept of it, with the name that it is shown under; undefined when there is none. */
  concept(source: SourceRow, id: string): Promise<EndConcept | undefined>
}

/** Looks ends up one by one. */
export const endsIn = (tx: Queryable, identity: Identity | null): EndLookup => ({
  async source(target, isKnown) {
    const found = await findSource(tx.query, target, identity)
    if (!isKnown) requireView(identity, found)
    return found
  },
  async concept({ position }, id) {
    const found = await findChild(tx.query, { source: position, version: null }, 'concept', id)
    return found && { position: found.position, name: shownName(found.body) }
  },
})

const shownName = (body: string) => (JSON.parse(body) as { display_name: string | null }).display_name

/**
 * Looks up what a mapping leads from and to. `before`: of the mapping that is changed; a new target of one sort replaces
 * the old one of the other.
 */
export async function findEnds(
  lookup: EndLookup,
  given: Partial<MappingFields>,
  before: MappingEnds | undefined,
): Promise<FoundEnds> {
  const fromUrl = given.from_concept_url ?? before?.from_concept_url ?? ''
  const external = given.to_source_url || given.to_concept_code
  const keptUrl = external ? null : (before?.to_concept_url ?? null)
  const toUrl = given.to_concept_url === undefined ? keptUrl : given.to_concept_url || null
  const keep = toUrl === null || toUrl === before?.to_concept_url ? before : undefined
  const toSourceUrl = given.to_source_url || (toUrl ? null : (keep?.to_source_url ?? null))
  const toCode = given.to_concept_code || (toUrl ? null : (keep?.to_concept_code ?? null))
  if (toUrl && external) throw refuseObject(`${specifyOne}. Cannot specify both.`)
  if (!toUrl && !(toSourceUrl && toCode)) throw refuseObject(specifyOne)

  const isKnown = (url: string) =>
    before !== undefined && [before.from_concept_url, before.to_concept_url, before.to_source_url].includes(url)
  const find = async (url: string, field: string) => findByUrl(lookup, url, field, isKnown(url))
  const findConcept = async (url: string, field: string) => conceptOf(lookup, url, field, isKnown(url))
  const from = await findConcept(fromUrl, 'from_concept_url')
  const to = toUrl ? await findConcept(toUrl, 'to_concept_url') : undefined
  const toSource = to?.source ?? (await find(toSourceUrl as string, 'to_source_url')).source
  if (to && to.url === from.url) throw refuseObject('Cannot map concept to itself.')
  const name = given.to_concept_name === undefined ? (keep?.to_concept_name ?? null) : given.to_concept_name
  return {
    links: {
      from: from.source.position,
      to: toSource.position,
      fromConcept: from.position,
      toConcept: to?.position ?? null,
    },
    ends: {
      from_concept_url: from.url,
      from_concept_code: from.id,
      from_concept_name: from.name,
      from_concept_name_resolved: from.name,
      from_source_url: sourceUrl(targetOf(from.source)),
      from_source_name: from.source.id,
      from_source_owner: from.source.owner,
      from_source_owner_type: ownerTypeName[from.source.owner_type],
      to_concept_url: to?.url ?? null,
      to_concept_code: to?.id ?? toCode,
      to_concept_name: to ? to.name : name,
      to_concept_name_resolved: to ? to.name : name,
      to_source_url: sourceUrl(targetOf(toSource)),
      to_source_name: toSource.id,
      to_source_name_resolved: toSource.name,
      to_source_owner: toSource.owner,
      to_source_owner_type: ownerTypeName[toSource.owner_type],
    },
  }
}

type FoundConcept = EndConcept & { readonly source: SourceRow; readonly url: string; readonly id: string }

async function conceptOf(lookup: EndLookup, url: string, field: string, isKnown: boolean): Promise<FoundConcept> {
  const { source, concept } = await findByUrl(lookup, url, field, isKnown)
  const found = concept && (await lookup.concept(source, concept))
  if (!concept || !found) throw noMatch(field, 'Concept')
  return { ...found, source, id: concept, url: childUrl(sourceUrl(targetOf(source)), 'concept', concept) }
}

/** What the caller may not see does not exist for a mapping. */
async function findByUrl(lookup: EndLookup, url: string, field: string, isKnown: boolean) {
  const thing = field === 'to_source_url' ? 'Source' : 'Concept'
  const end = readEnd(url)
  if (!end) throw noMatch(field, thing)
  try {
    return { source: await lookup.source(end.target, isKnown), concept: end.concept }
  } catch (error) {
    throw isFailure(error, 'not_found', 'forbidden', 'unauthenticated') ? noMatch(field, thing) : error
  }
}

/** What the URL of a source or concept leads to, of the live source or of a version; undefined for other URLs. */
export function readEnd(url: string): { target: SourceTarget; concept: string | undefined } | undefined {
  const [, owners, owner, source, rest = ''] = pathPattern.exec(url.endsWith('/') ? url : `${url}/`) ?? []
  if (!owner || !source) return undefined
  const ownerType = owners === 'orgs' ? 'org' : 'user'
  const target = { ownerType, owner: decoded(owner), source: decoded(source) } as const
  const concept = conceptPattern.exec(rest)?.[1]
  return { target, concept: concept && decoded(concept) }
}

const noMatch = (field: string, thing: string) =>
  refuseField(field, `${thing} matching query does not exist.`, 'does_not_exist')

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
