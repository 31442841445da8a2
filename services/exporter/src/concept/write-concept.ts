import {
  body,
  type ConceptFields,
  complete,
  type Identity,
  invalid,
  isFailure,
  mappingFields,
  partialBody,
} from '@slipway/contracts'
import { addChild, type Change, changeChild } from '../child/change-child.ts'
import { isChildThere, type StoredChild } from '../child/child.store.ts'
import { type ChildRow, childRowOf } from '../child/child.ts'
import { mappingOfRow } from '../mapping/mapping-of-row.ts'
import { createMapping, findMapping, updateMapping } from '../mapping/write-mapping.ts'
import { conceptsArrived } from '../open-end/resolve-ends.ts'
import { childUrl, sourceUrl } from '../paths.ts'
import { refuseObject } from '../refusals.ts'
import { targetOf } from '../source/source.ts'
import { conceptRules, mergeConcept } from './concept.ts'

const wholeMapping = body(mappingFields)
const partOfMapping = partialBody(mappingFields)

/** A concept after a write; whether the write changed it, or a mapping that was sent along. */
export type WrittenConcept = { readonly row: ChildRow; readonly changed: boolean }

/** Adds a concept, and its mappings, to the source that is locked. @throws `invalid` */
export async function createConcept(
  change: Change,
  identity: Identity | null,
  given: ConceptFields,
): Promise<WrittenConcept> {
  const { tx, source } = change
  if (await isChildThere(tx.query, source.position, 'concept', given.id)) {
    throw refuseObject('Concept ID must be unique within a source.')
  }
  const content = mergeConcept(undefined, given)
  const row = await addChild(conceptRules, change, given.id, content, conceptRules.commentOf(given))
  await conceptsArrived(change, [given.id])
  return withMappings(change, identity, given.id, { row, changed: true }, given.mappings)
}

/** Changes a concept of the source that is locked, and its mappings: those that are sent, no others. @throws `invalid` */
export async function updateConcept(
  change: Change,
  identity: Identity | null,
  id: string,
  stored: StoredChild,
  given: Partial<ConceptFields>,
): Promise<WrittenConcept> {
  const before = childRowOf(stored.body)
  const content = mergeConcept(conceptRules.contentOf(before), given)
  const row = await changeChild(conceptRules, change, id, stored, content, conceptRules.commentOf(given))
  const written = { row, changed: row.version_url !== before.version_url }
  return withMappings(change, identity, id, written, given.mappings)
}

async function withMappings(
  change: Change,
  identity: Identity | null,
  id: string,
  concept: WrittenConcept,
  given: ConceptFields['mappings'],
): Promise<WrittenConcept> {
  if (!given?.length) return concept
  const from_concept_url = childUrl(sourceUrl(targetOf(change.source)), 'concept', id)
  let { changed } = concept
  for (const fields of given) {
    const written = await writeMapping(change, identity, mappingOfRow({ from_concept_url, ...fields })).catch(within)
    changed ||= written
  }
  return { row: concept.row, changed }
}

/** True when it was made, or changed. */
async function writeMapping(change: Change, identity: Identity | null, fields: Readonly<Record<string, unknown>>) {
  const whole = complete(wholeMapping.parse(fields))
  const found = await findMapping(change, identity, whole)
  if (!found) {
    await createMapping(change, identity, whole)
    return true
  }
  const row = await updateMapping(change, identity, found.id, found.stored, complete(partOfMapping.parse(fields)))
  return row.version_url !== childRowOf(found.stored.body).version_url
}

/** What is wrong with a mapping is told under the field that it was sent in. */
function within(error: unknown): never {
  if (!isFailure(error, 'invalid') || !error.details) throw error
  const details = error.details.map(({ path, reason, message }) => {
    const field = String(path[0])
    return { path: ['mappings'], reason, message: field === '__all__' ? message : `${field}: ${message}` }
  })
  throw invalid(details)
}
