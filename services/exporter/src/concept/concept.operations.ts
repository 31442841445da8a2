import type { OperationHandler } from '@slipway/bus'
import { actorOf, complete, conceptOperations } from '@slipway/contracts'
import { writeHandler } from '@slipway/service'
import type { Store } from '@slipway/store'
import { changeChild, requireMatch } from '../child/change-child.ts'
import { childRowOf } from '../child/child.ts'
import { readChildHandlers } from '../child/read-child-handlers.ts'
import { makingRoom } from '../child/room.ts'
import { type LockedChild, lockChild, type Retirement, retirementHandlers } from '../child/write-child-handlers.ts'
import { refuseObject } from '../refusals.ts'
import { requireEdit } from '../rights.ts'
import { lockSource } from '../source/source.store.ts'
import { conceptRules, retiredConcept } from './concept.ts'
import { createConcept, updateConcept } from './write-concept.ts'

/** Concepts: read, added, changed, retired and brought back; never deleted. */
export function conceptHandlers(store: Store): OperationHandler[] {
  const writes = [
    writeHandler(store, conceptOperations.create, async (tx, { body, ...target }, { identity, traceparent, room }) => {
      const source = await lockSource(tx, target, identity)
      const actor = actorOf(requireEdit(identity, source))
      const { row } = await createConcept({ tx, source, actor, traceparent, room }, identity, complete(body))
      return { status: 201, headers: { Location: row.version_url.replace(/[^/]+\/$/, '') }, body: row }
    }),
    writeHandler(store, conceptOperations.update, async (tx, { ifMatch, body, ...where }, context) => {
      const { change, id, stored } = await lockChild(tx, 'concept', where, context)
      requireMatch(ifMatch, stored)
      const { row } = await updateConcept(change, context.identity, id, stored, complete(body))
      return { status: 200, body: row }
    }),
    ...retirementHandlers(store, 'concept', retire),
  ].map(makingRoom)
  return [...readChildHandlers(store, 'concept'), ...writes]
}

async function retire({ change, id, stored }: LockedChild, { retired, reason, comment }: Retirement): Promise<void> {
  if (stored.retired === retired) throw refuseObject(`Concept is already ${retired ? '' : 'not '}retired`)
  const content = retiredConcept(conceptRules.contentOf(childRowOf(stored.body)), retired, reason)
  const usual = retired ? 'Concept was retired' : 'Concept was un-retired'
  await changeChild(conceptRules, change, id, stored, content, comment ?? usual)
}
