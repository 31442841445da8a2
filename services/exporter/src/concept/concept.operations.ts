import type { OperationHandler } from '@slipway/bus'
import { actorOf, complete, conceptOperations } from '@slipway/contracts'
import { writeHandler } from '@slipway/service'
import type { AnyStore } from '@slipway/store'
import { addChild, changeChild, requireMatch } from '../child/change-child.ts'
import { findChild } from '../child/child.store.ts'
import { childRowOf } from '../child/child.ts'
import { readChildHandlers } from '../child/read-child-handlers.ts'
import { conceptsArrived } from '../open-end/resolve-ends.ts'
import { refuseObject } from '../refusals.ts'
import { notFound, requireEdit } from '../rights.ts'
import { lockSource } from '../source/source.store.ts'
import { type ConceptContent, conceptRules, mergeConcept } from './concept.ts'

/** Concepts: read, added, changed and retired; never deleted. */
export function conceptHandlers(store: AnyStore): OperationHandler[] {
  const contentOf = (body: string): ConceptContent => conceptRules.contentOf(childRowOf(body))

  return [
    ...readChildHandlers(store, 'concept'),
    writeHandler(store, conceptOperations.create, async (tx, { body, ...target }, { identity, traceparent }) => {
      const source = await lockSource(tx, target, identity)
      const actor = actorOf(requireEdit(identity, source))
      const given = complete(body)
      const scope = { source: source.position, version: null }
      if (await findChild(tx.query, scope, 'concept', given.id)) {
        throw refuseObject('Concept ID must be unique within a source.')
      }
      const change = { tx, source, actor, traceparent }
      const comment = conceptRules.commentOf(given)
      const row = await addChild(conceptRules, change, given.id, mergeConcept(undefined, given), comment)
      await conceptsArrived(change, [given.id])
      return { status: 201, headers: { Location: row.version_url.replace(/[^/]+\/$/, '') }, body: row }
    }),
    writeHandler(store, conceptOperations.update, async (tx, { id, ifMatch, body, ...target }, context) => {
      const source = await lockSource(tx, target, context.identity)
      const stored = await findChild(tx.query, { source: source.position, version: null }, 'concept', id)
      if (!stored) throw notFound()
      const actor = actorOf(requireEdit(context.identity, source))
      requireMatch(ifMatch, stored)
      const given = complete(body)
      const change = { tx, source, actor, traceparent: context.traceparent }
      const content = mergeConcept(contentOf(stored.body), given)
      return {
        status: 200,
        body: await changeChild(conceptRules, change, id, stored, content, conceptRules.commentOf(given)),
      }
    }),
    writeHandler(store, conceptOperations.retire, async (tx, { id, comment, ...target }, context) => {
      const source = await lockSource(tx, target, context.identity)
      const stored = await findChild(tx.query, { source: source.position, version: null }, 'concept', id)
      if (!stored) throw notFound()
      const actor = actorOf(requireEdit(context.identity, source))
      if (stored.retired) throw refuseObject('Concept is already retired')
      const change = { tx, source, actor, traceparent: context.traceparent }
      const content = { ...contentOf(stored.body), retired: true }
      await changeChild(conceptRules, change, id, stored, content, comment ?? 'Concept was retired')
      return { status: 204 }
    }),
  ]
}
