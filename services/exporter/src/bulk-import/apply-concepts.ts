import { type ConceptFields, complete } from '@slipway/contracts'
import type { Tx } from '@slipway/store'
import { differs } from '../child/change-child.ts'
import { childRowOf } from '../child/child.ts'
import { type ConceptContent, conceptRules, mergeConcept, retiredConcept } from '../concept/concept.ts'
import { conceptsArrived } from '../open-end/resolve-ends.ts'
import { refuseObject } from '../refusals.ts'
import { type Applied, appliedTo, type Decision, decided, type Importer, lockForChange } from './apply-children.ts'
import type { LineResult } from './bulk-import.ts'
import { childrenById, type KnownChild } from './known-children.store.ts'
import { type ChildLine, changeOf } from './line.ts'
import { type ChildWrite, writeChildren } from './write-children.ts'

type Write = ChildWrite<ConceptFields, ConceptContent>
type Line = ChildLine<ConceptFields>

/**
 * Carries out lines with concepts of one source, in a few statements. The results may be fewer than the lines: it ends in
 * front of a concept that one of them changes.
 */
export async function applyConcepts(tx: Tx, importer: Importer, lines: readonly Line[]): Promise<Applied> {
  const [first] = lines
  if (!first) return { results: [] }
  const locked = await lockForChange(tx, first.target, importer)
  if ('refused' in locked) return { results: lines.map(() => locked.refused) }
  const { change } = locked
  const ids = lines.flatMap(({ id }) => id ?? [])
  const known = await childrenById(change, 'concept', ids)
  const written = new Set<string>()
  const results: LineResult[] = []
  const writes: Write[] = []
  for (const line of lines) {
    if (line.id !== undefined && written.has(line.id)) break
    const stored = line.id === undefined ? undefined : known.get(line.id)
    const { write, ...result } = await decided(async () => decide(line, stored, importer))
    if (write) {
      writes.push(write)
      written.add(write.id)
    }
    results.push(result)
  }
  const changes = await writeChildren(change, 'concept', writes)
  await conceptsArrived(
    change,
    changes.flatMap(({ sequence, id }) => (sequence === 1 ? [id] : [])),
  )
  return appliedTo(change, 'concept', results, changes)
}

function decide(line: Line, stored: KnownChild | undefined, { updateIfExists }: Importer): Decision<Write> {
  const { action } = line
  const rules = conceptRules
  if (!stored || line.id === undefined) {
    const missing = line.id !== undefined && (action === 'UPDATE' || action === 'DELETE')
    if (missing) return { outcome: 'not_found', errors: { detail: 'Not found.' } }
    const given = complete(line.given)
    const content = mergeConcept(undefined, given)
    return {
      outcome: 'created',
      write: { rules, id: given.id, stored: undefined, content, comment: rules.commentOf(given) },
    }
  }
  const { id } = line
  const row = childRowOf(stored.body)
  const before = rules.contentOf(row)
  if (action === 'DELETE') {
    if (stored.retired) throw refuseObject('Concept is already retired')
    const { values } = line.given
    const content = retiredConcept(before, true, values.retire_reason ?? undefined)
    const comment = rules.commentOf(values) ?? 'Concept was retired'
    return { outcome: 'deleted', write: { rules, id, stored, content, comment } }
  }
  if (action === 'CREATE' || !updateIfExists) return { outcome: 'exists' }
  const given = complete(changeOf(line))
  const content = mergeConcept(before, given)
  if (!differs(rules, row, content)) return { outcome: 'unchanged' }
  const comment = rules.commentOf(given as Partial<ConceptFields>)
  return { outcome: 'updated', write: { rules, id, stored, content, comment } }
}
