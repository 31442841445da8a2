import { randomUUID } from 'node:crypto'
import type { Identity, MappingFields } from '@slipway/contracts'
import type { Tx } from '@slipway/store'
import { addChild, type Change, changeChild } from '../child/change-child.ts'
import { findChild, findMatch, isChildThere, type StoredChild } from '../child/child.store.ts'
import { type ChildRow, childRowOf } from '../child/child.ts'
import { lockForeignEnds } from '../open-end/resolve-ends.ts'
import { refuseObject } from '../refusals.ts'
import type { SourceRow } from '../source/source.store.ts'
import { type MappingContent, mappingRules, matchKeyOf, mergeMapping } from './mapping.ts'
import { endsIn, findEnds, placesFor } from './mapping-ends.ts'

const unlinked = mappingRules({ from: null, to: null, fromConcept: null, toConcept: null })

export const mappingContentOf = (body: string): MappingContent => unlinked.contentOf(childRowOf(body))

/** The refusal of a mapping that says what another one of its source says. */
export function notUnique({ to_concept_url }: MappingContent) {
  const target = to_concept_url === null ? 'to_source, to_concept_code' : 'to_concept'
  return refuseObject(`Parent, map_type, from_concept, ${target} must be unique.`)
}

/** @throws `invalid` when another mapping of the source says the same */
async function requireUnique(tx: Tx, source: number, content: MappingContent, id: string | undefined) {
  const other = await findMatch(tx, source, matchKeyOf(content))
  if (other !== undefined && other !== id) throw notUnique(content)
}

/** The ends of a mapping that is written; nothing that they wait for comes meanwhile. @throws `invalid` */
async function endsFor(
  tx: Tx,
  source: SourceRow,
  identity: Identity | null,
  given: Partial<MappingFields>,
  before: MappingContent | undefined,
) {
  const { from, to } = placesFor(given, before)
  await lockForeignEnds(tx, source, [from.sourceUrl, to.sourceUrl])
  return findEnds(endsIn(tx, identity), given, before)
}

/** Adds a mapping to the source that is locked. @throws `invalid` */
export async function createMapping(
  change: Change,
  identity: Identity | null,
  given: MappingFields,
): Promise<ChildRow> {
  const { tx, source } = change
  const id = given.id ?? randomUUID()
  const { ends, links } = await endsFor(tx, source, identity, given, undefined)
  const content = mergeMapping(undefined, given, ends)
  await requireUnique(tx, source.position, content, undefined)
  if (await isChildThere(tx.query, source.position, 'mapping', id)) {
    throw refuseObject('Mapping ID must be unique within a source.')
  }
  const rules = mappingRules(links)
  return addChild(rules, change, id, content, rules.commentOf(given))
}

/** Changes a mapping of the source that is locked. @throws `invalid` */
export async function updateMapping(
  change: Change,
  identity: Identity | null,
  id: string,
  stored: StoredChild,
  given: Partial<MappingFields>,
): Promise<ChildRow> {
  const { tx, source } = change
  const before = mappingContentOf(stored.body)
  const { ends, links } = await endsFor(tx, source, identity, given, before)
  const content = mergeMapping(before, given, ends)
  await requireUnique(tx, source.position, content, id)
  const rules = mappingRules(links)
  return changeChild(rules, change, id, stored, content, rules.commentOf(given))
}

/** The mapping of the source that has this id, or else says the same. */
export async function findMapping(
  change: Change,
  identity: Identity | null,
  given: MappingFields,
): Promise<{ readonly id: string; readonly stored: StoredChild } | undefined> {
  const { tx, source } = change
  let { id } = given
  if (id === undefined) {
    const { ends } = await endsFor(tx, source, identity, given, undefined)
    id = await findMatch(tx, source.position, matchKeyOf(mergeMapping(undefined, given, ends)))
  }
  const stored = id === undefined ? undefined : await findChild(change, 'mapping', id)
  return stored && id !== undefined ? { id, stored } : undefined
}
