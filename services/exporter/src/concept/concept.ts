import { randomUUID } from 'node:crypto'
import type { ConceptFields, LocalizedText } from '@slipway/contracts'
import type { ChildRow, ChildRules, Frame } from '../child/child.ts'

type Localized = {
  readonly uuid: string
  readonly external_id: string | null
  readonly locale: string | null
  readonly locale_preferred: boolean
  readonly retired: false
  readonly retire_reason: null
}
export type ConceptName = Localized & {
  readonly name: string
  readonly name_type: string | null
  readonly type: 'ConceptName'
}
export type ConceptDescription = Localized & {
  readonly description: string
  readonly description_type: string | null
  readonly type: 'ConceptDescription'
}

export type ConceptContent = {
  readonly external_id: string | null
  readonly concept_class: string
  readonly datatype: string
  readonly names: readonly ConceptName[]
  readonly descriptions: readonly ConceptDescription[]
  readonly extras: unknown
  readonly retired: boolean
  readonly retire_reason: string | null
  readonly parent_concept_urls: readonly string[]
}

type ConceptRow = ChildRow & ConceptContent

/** What a concept is after a change; what is not given stays as it was, or takes its default. */
export function mergeConcept(before: ConceptContent | undefined, given: Partial<ConceptFields>): ConceptContent {
  const retired = given.retired ?? before?.retired ?? false
  const reason = given.retire_reason === undefined ? (before?.retire_reason ?? null) : given.retire_reason
  return {
    external_id: given.external_id === undefined ? (before?.external_id ?? null) : given.external_id,
    concept_class: given.concept_class ?? before?.concept_class ?? '',
    datatype: given.datatype ?? before?.datatype ?? '',
    names: given.names ? withUuids(given.names.map(nameOf), before?.names ?? []) : (before?.names ?? []),
    descriptions: given.descriptions
      ? withUuids(given.descriptions.map(descriptionOf), before?.descriptions ?? [])
      : (before?.descriptions ?? []),
    extras: given.extras === undefined ? (before?.extras ?? null) : (given.extras as { json: unknown }).json,
    retired,
    retire_reason: retired ? reason : null,
    parent_concept_urls: given.parent_concept_urls ?? before?.parent_concept_urls ?? [],
  }
}

/** The same concept, retired for a reason or brought back. */
export const retiredConcept = (
  before: ConceptContent,
  retired: boolean,
  reason: string | undefined,
): ConceptContent => ({
  ...before,
  retired,
  retire_reason: retired ? (reason ?? null) : null,
})

const localizedOf = ({ uuid, external_id, locale, locale_preferred }: LocalizedText): Localized => ({
  uuid: uuid ?? '',
  external_id,
  locale,
  locale_preferred,
  retired: false,
  retire_reason: null,
})

function nameOf(given: LocalizedText): ConceptName {
  const { uuid, external_id, locale, locale_preferred, retired, retire_reason } = localizedOf(given)
  const name = { name: given.text, locale, locale_preferred, name_type: given.text_type, type: 'ConceptName' } as const
  return { uuid, external_id, ...name, retired, retire_reason }
}

function descriptionOf(given: LocalizedText): ConceptDescription {
  const { uuid, external_id, locale, locale_preferred, retired, retire_reason } = localizedOf(given)
  const type = { description_type: given.text_type, type: 'ConceptDescription' } as const
  return { uuid, external_id, description: given.text, locale, locale_preferred, ...type, retired, retire_reason }
}

/** What was there before keeps its uuid and its external id, whether or not the caller sends them. */
function withUuids<Item extends Localized>(items: readonly Item[], before: readonly Item[]): Item[] {
  const keyOf = (item: Item) => JSON.stringify({ ...item, uuid: '', external_id: '' })
  const known = new Map(before.map(item => [keyOf(item), item]))
  return items.map(item => {
    const same = known.get(keyOf(item))
    known.delete(keyOf(item))
    const external_id = item.external_id ?? same?.external_id ?? null
    const given = external_id === null ? '' : item.uuid
    return { ...item, uuid: given || (same?.uuid ?? ''), external_id }
  })
}

/**
 * Names and descriptions that have no external id are new ones in each state of their concept: subscribers take the uuid
 * for the identity of a name, and lose one that comes back under a uuid that they know.
 */
function renewed(content: ConceptContent): ConceptContent {
  const renew = <Item extends Localized>(item: Item): Item =>
    item.external_id === null || item.uuid === '' ? { ...item, uuid: randomUUID() } : item
  return { ...content, names: content.names.map(renew), descriptions: content.descriptions.map(renew) }
}

/**
 * The name to show: of the source's default locale, of its other locales, of English, any preferred one, the first; within
 * a locale the preferred one comes first.
 */
export function displayName(names: readonly ConceptName[], locales: readonly string[]): ConceptName | undefined {
  for (const locale of [...locales, 'en']) {
    const ofLocale = names.filter(name => name.locale === locale)
    const found = ofLocale.find(name => name.locale_preferred) ?? ofLocale[0]
    if (found) return found
  }
  return names.find(name => name.locale_preferred) ?? names[0]
}

function contentOf(row: ChildRow): ConceptContent {
  const { external_id, concept_class, datatype, names, descriptions, extras, retired, retire_reason, ...more } =
    row as ConceptRow
  // Not in states that are older than this field.
  const { parent_concept_urls = [] } = more
  const own = { external_id, concept_class, datatype, names, descriptions, extras, retired, retire_reason }
  return { ...own, parent_concept_urls }
}

function rowOf(content: ConceptContent, frame: Frame) {
  const { source } = frame
  const shown = displayName(content.names, [source.default_locale, ...source.supported_locales])
  return {
    type: 'Concept',
    uuid: frame.uuid,
    id: frame.id,
    external_id: content.external_id,
    concept_class: content.concept_class,
    datatype: content.datatype,
    display_name: shown?.name ?? null,
    display_locale: shown?.locale ?? null,
    names: content.names,
    descriptions: content.descriptions,
    extras: content.extras,
    retired: content.retired,
    retire_reason: content.retire_reason,
    parent_concept_urls: content.parent_concept_urls,
    source: source.id,
    source_url: frame.sourceUrl,
    owner: source.owner,
    owner_name: source.owner,
    owner_type: frame.ownerType,
    owner_url: frame.ownerUrl,
    version: String(frame.number),
    url: frame.url,
    version_url: `${frame.url}${frame.number}/`,
    previous_version_url: frame.previousUrl,
    created_on: frame.createdOn,
    updated_on: frame.now,
    created_by: frame.createdBy,
    updated_by: frame.actor,
    version_created_on: frame.now,
    version_created_by: frame.actor,
    version_updated_on: frame.now,
    version_updated_by: frame.actor,
    update_comment: frame.comment,
    is_latest_version: true,
    locale: null,
    mappings: null,
  }
}

export const conceptRules: ChildRules<ConceptFields, ConceptContent> = {
  kind: 'concept',
  contentOf,
  rowOf: (content, frame) => rowOf(renewed(content), frame),
  searchOf: ({ names }, id) => [id, ...names.map(({ name }) => name)].join('\n'),
  commentOf: ({ update_comment, comment }) => update_comment ?? comment ?? null,
}
