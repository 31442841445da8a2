import { randomUUID } from 'node:crypto'
import type { OperationHandler } from '@slipway/bus'
import { actorOf, complete, type Identity, type MappingFields, mappingOperations } from '@slipway/contracts'
import { writeHandler } from '@slipway/service'
import type { AnyStore, AnyTx, Statement } from '@slipway/store'
import { addChild, changeChild, requireMatch } from '../child/change-child.ts'
import { findChild, findMatch } from '../child/child.store.ts'
import { childRowOf } from '../child/child.ts'
import { readChildHandlers } from '../child/read-child-handlers.ts'
import { lockForeignEnds } from '../open-end/resolve-ends.ts'
import { refuseObject } from '../refusals.ts'
import { notFound, requireEdit } from '../rights.ts'
import { lockSource, type SourceRow } from '../source/source.store.ts'
import { type MappingContent, mappingRules, matchKeyOf, mergeMapping } from './mapping.ts'
import { endsIn, findEnds, type MappingLinks, placesFor } from './mapping-ends.ts'

const unlinked = mappingRules({ from: null, to: null, fromConcept: null, toConcept: null })

const storedLinks: Statement = {
  name: 'mapping.links',
  text: `select c.from_source as "from", c.to_source as "to", v.from_concept as "fromConcept", v.to_concept as "toConcept"
    from child c join child_version v on v.position = c.head where c.position = $1`,
}

/** The refusal of a mapping that says what another one of its source says. */
export function notUnique({ to_concept_url }: MappingContent) {
  const target = to_concept_url === null ? 'to_source, to_concept_code' : 'to_concept'
  return refuseObject(`Parent, map_type, from_concept, ${target} must be unique.`)
}

/** Mappings: from a concept to a concept, neither of which need be here. */
export function mappingHandlers(store: AnyStore): OperationHandler[] {
  const contentOf = (body: string): MappingContent => unlinked.contentOf(childRowOf(body))

  /** @throws `invalid` when another mapping of the source says the same */
  async function requireUnique(tx: AnyTx, source: number, content: MappingContent, id: string | undefined) {
    const other = await findMatch(tx, source, matchKeyOf(content))
    if (other !== undefined && other !== id) throw notUnique(content)
  }

  /** The ends of a mapping that is written; nothing that they wait for comes meanwhile. @throws `invalid` */
  async function endsFor(
    tx: AnyTx,
    source: SourceRow,
    identity: Identity | null,
    given: Partial<MappingFields>,
    before: MappingContent | undefined,
  ) {
    const { from, to } = placesFor(given, before)
    await lockForeignEnds(tx, source, [from.sourceUrl, to.sourceUrl])
    return findEnds(endsIn(tx, identity), given, before)
  }

  return [
    ...readChildHandlers(store, 'mapping'),
    writeHandler(store, mappingOperations.create, async (tx, { body, ...target }, { identity, traceparent }) => {
      const source = await lockSource(tx, target, identity)
      const actor = actorOf(requireEdit(identity, source))
      const given = complete(body)
      const id = given.id ?? randomUUID()
      const { ends, links } = await endsFor(tx, source, identity, given, undefined)
      const content = mergeMapping(undefined, given, ends)
      await requireUnique(tx, source.position, content, undefined)
      if (await findChild(tx.query, { source: source.position, version: null }, 'mapping', id)) {
        throw refuseObject('Mapping ID must be unique within a source.')
      }
      const rules = mappingRules(links)
      const change = { tx, source, actor, traceparent }
      const row = await addChild(rules, change, id, content, rules.commentOf(given))
      return { status: 201, headers: { Location: row.version_url.replace(/[^/]+\/$/, '') }, body: row }
    }),
    writeHandler(store, mappingOperations.update, async (tx, { id, ifMatch, body, ...target }, context) => {
      const source = await lockSource(tx, target, context.identity)
      const stored = await findChild(tx.query, { source: source.position, version: null }, 'mapping', id)
      if (!stored) throw notFound()
      const actor = actorOf(requireEdit(context.identity, source))
      requireMatch(ifMatch, stored)
      const given = complete(body)
      const before = contentOf(stored.body)
      const { ends, links } = await endsFor(tx, source, context.identity, given, before)
      const content = mergeMapping(before, given, ends)
      await requireUnique(tx, source.position, content, id)
      const rules = mappingRules(links)
      const change = { tx, source, actor, traceparent: context.traceparent }
      return { status: 200, body: await changeChild(rules, change, id, stored, content, rules.commentOf(given)) }
    }),
    writeHandler(store, mappingOperations.retire, async (tx, { id, comment, ...target }, context) => {
      const source = await lockSource(tx, target, context.identity)
      const stored = await findChild(tx.query, { source: source.position, version: null }, 'mapping', id)
      if (!stored) throw notFound()
      const actor = actorOf(requireEdit(context.identity, source))
      if (stored.retired) return { status: 204 }
      const before = contentOf(stored.body)
      // Both ends stay where they are, whether or not the caller may see them.
      const links = await linksOf(tx, stored.position)
      const change = { tx, source, actor, traceparent: context.traceparent }
      const retired = { ...before, retired: true }
      await changeChild(mappingRules(links), change, id, stored, retired, comment ?? 'Mapping was retired')
      return { status: 204 }
    }),
  ]
}

async function linksOf(tx: AnyTx, position: number): Promise<MappingLinks> {
  const [row] = await tx.query<MappingLinks>(storedLinks, [position])
  return row ?? { from: null, to: null, fromConcept: null, toConcept: null }
}
