import { type ConceptFields, complete } from '@slipway/contracts'
import type { Tx } from '@slipway/store'
import { findChild } from '../child/child.store.ts'
import { createConcept, updateConcept } from '../concept/write-concept.ts'
import { type Importer, lockForChange } from './apply-children.ts'
import type { LineResult } from './bulk-import.ts'
import { type ChildLine, changeOf } from './line.ts'

/**
 * Carries out a line with a concept that brings mappings: as the single write does, events included, for other lines
 * cannot be taken together with it. @throws what the single write is refused with: then nothing may stay
 */
export async function applyWholeConcept(
  tx: Tx,
  importer: Importer,
  line: ChildLine<ConceptFields>,
): Promise<LineResult> {
  const locked = await lockForChange(tx, line.target, importer)
  if ('refused' in locked) return locked.refused
  const { change } = locked
  const { id, action } = line
  const stored = id === undefined ? undefined : await findChild(change, 'concept', id)
  if (!stored || id === undefined) {
    if (id !== undefined && action === 'UPDATE') return { outcome: 'not_found', errors: { detail: 'Not found.' } }
    await createConcept(change, importer.identity, complete(line.given))
    return { outcome: 'created' }
  }
  if (action === 'CREATE' || !importer.updateIfExists) return { outcome: 'exists' }
  const { changed } = await updateConcept(change, importer.identity, id, stored, complete(changeOf(line)))
  return { outcome: changed ? 'updated' : 'unchanged' }
}
