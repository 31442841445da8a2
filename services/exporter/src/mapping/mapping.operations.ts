import type { OperationHandler } from '@slipway/bus'
import { actorOf, complete, mappingOperations } from '@slipway/contracts'
import { writeHandler } from '@slipway/service'
import type { Store, Tx } from '@slipway/store'
import { changeChild, requireMatch } from '../child/change-child.ts'
import { readChildHandlers } from '../child/read-child-handlers.ts'
import { makingRoom } from '../child/room.ts'
import { type LockedChild, lockChild, type Retirement, retirementHandlers } from '../child/write-child-handlers.ts'
import { refuseObject } from '../refusals.ts'
import { requireEdit } from '../rights.ts'
import { lockSource } from '../source/source.store.ts'
import { prepare } from '../sql.ts'
import { mappingRules } from './mapping.ts'
import { linkColumns, type MappingLinks } from './mapping-ends.ts'
import { createMapping, mappingContentOf, updateMapping } from './write-mapping.ts'

const storedLinks = prepare<{ position: number }>()('mapping.links', (db, p) =>
  db
    .selectFrom('child as c')
    .innerJoin('child_version as v', 'v.position', 'c.head')
    .select(linkColumns)
    .where('c.position', '=', p.position),
)

/** Mappings: from a concept to a concept, neither of which need be here. */
export function mappingHandlers(store: Store): OperationHandler[] {
  const writes = [
    writeHandler(store, mappingOperations.create, async (tx, { body, ...target }, { identity, traceparent, room }) => {
      const source = await lockSource(tx, target, identity)
      const actor = actorOf(requireEdit(identity, source))
      const row = await createMapping({ tx, source, actor, traceparent, room }, identity, complete(body))
      return { status: 201, headers: { Location: row.version_url.replace(/[^/]+\/$/, '') }, body: row }
    }),
    writeHandler(store, mappingOperations.update, async (tx, { ifMatch, body, ...where }, context) => {
      const { change, id, stored } = await lockChild(tx, 'mapping', where, context)
      requireMatch(ifMatch, stored)
      return { status: 200, body: await updateMapping(change, context.identity, id, stored, complete(body)) }
    }),
    ...retirementHandlers(store, 'mapping', retire),
  ].map(makingRoom)
  return [...readChildHandlers(store, 'mapping'), ...writes]
}

async function retire({ change, id, stored }: LockedChild, { retired, reason, comment }: Retirement): Promise<void> {
  if (stored.retired && retired) return
  if (stored.retired === retired) throw refuseObject('Mapping is already not retired')
  // Both ends stay where they are, whether or not the caller may see them.
  const links = await linksOf(change.tx, stored.position)
  const content = { ...mappingContentOf(stored.body), retired, retire_reason: reason ?? null }
  const usual = retired ? 'Mapping was retired' : 'Mapping was un-retired'
  await changeChild(mappingRules(links), change, id, stored, content, comment ?? usual)
}

async function linksOf(tx: Tx, position: number): Promise<MappingLinks> {
  const [row] = await tx.query(storedLinks, { position })
  return row ?? { from: null, to: null, fromConcept: null, toConcept: null }
}
