import type { MappingFields } from '@slipway/contracts'
import type { NewEvent, Tx } from '@slipway/store'
import { appendEvents } from '@slipway/store'
import { loadEnds } from '../bulk-import/load-ends.ts'
import { type ChildChange, type ChildWrite, writeChildren } from '../bulk-import/write-children.ts'
import { type Change, differs } from '../child/change-child.ts'
import { childRowOf } from '../child/child.ts'
import { type MappingContent, mappingRules, openEndKey, openSourceKey } from '../mapping/mapping.ts'
import { endsIn, findEnds, placesOf } from '../mapping/mapping-ends.ts'
import { childUrl, sourceUrl } from '../paths.ts'
import { type SourceRow, sourceAt } from '../source/source.store.ts'
import { targetOf } from '../source/source.ts'
import {
  firstWithin,
  lockEnds,
  lockFreeSources,
  mappingsAt,
  mappingsOpenInto,
  mappingsOpenTo,
  type OpenMapping,
  postponeMappings,
} from './open-end.store.ts'

/** Who made what mappings waited for. */
export type Arrival = Pick<Change, 'tx' | 'actor' | 'traceparent'>

/** Mappings, and bytes of them, that get a new state within the write which they waited for. The rest is left to the worker. */
const mostAtOnce = 1_000
const mostBytes = 1024 * 1024
const unlinked = mappingRules({ from: null, to: null, fromConcept: null, toConcept: null })

/** Concepts were added to a source, whose lock is held: mappings that wait for them lead there from now on. */
export async function conceptsArrived(change: Change, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const { tx, source } = change
  const url = sourceUrl(targetOf(source))
  await lockEnds(tx, [url], [])
  const keys = ids.map(code => openEndKey({ sourceUrl: url, code }))
  await resolveOpen(change, await mappingsOpenTo(tx, keys), source)
}

/** A source was made, or may be seen by all from now on. `locked`: it is this transaction that holds its lock. */
export async function sourceArrived(arrival: Arrival, source: SourceRow): Promise<void> {
  const url = sourceUrl(targetOf(source))
  await lockEnds(arrival.tx, [url], [])
  await resolveOpen(arrival, await mappingsOpenInto(arrival.tx, openSourceKey(url)), source)
}

/**
 * Resolves what can be now. Sources that somebody else holds are not waited for, lest two wait for each other: their
 * mappings are left to the worker, as are those that are too many.
 */
async function resolveOpen(arrival: Arrival, open: readonly OpenMapping[], held: SourceRow): Promise<void> {
  const { tx } = arrival
  if (open.length === 0) return
  const now = await firstWithin(tx, open.slice(0, mostAtOnce), mostBytes)
  const sources = [...new Set(now.map(({ source }) => source))].filter(source => source !== held.position)
  const locked = await lockFreeSources(tx, sources)
  locked.add(held.position)
  await postponeMappings(tx, [...now.filter(({ source }) => !locked.has(source)), ...open.slice(now.length)])
  for (const position of locked) {
    const positions = now.filter(({ source }) => source === position).map(mapping => mapping.position)
    if (positions.length > 0) await resolveMappings(arrival, position, positions)
  }
}

/**
 * Looks the ends of these mappings of one source up again, and gives those a new state that lead to more than before. The
 * lock of the source is held. What is in a private source is found for mappings of the same owner only: nobody asks here
 * who may see it.
 */
export async function resolveMappings(
  { tx, actor, traceparent }: Arrival,
  position: number,
  positions: readonly number[],
): Promise<void> {
  const source = await sourceAt(tx.query, position)
  if (!source) return
  const mappings = await mappingsAt(tx, positions)
  const contents = mappings.map(({ body }) => unlinked.contentOf(childRowOf(body)))
  const maySee = ({ public_access, owner_type, owner }: SourceRow) =>
    public_access !== 'None' || (owner_type === source.owner_type && owner === source.owner)
  const places = contents.flatMap(content => Object.values(placesOf(content)))
  const lookup = await loadEnds(tx, endsIn(tx, null, maySee), places)
  const writes: ChildWrite<MappingFields, MappingContent>[] = []
  for (const [index, stored] of mappings.entries()) {
    const before = contents[index] as MappingContent
    const { ends, links } = await findEnds(lookup, {}, before)
    const content = { ...before, ...ends }
    if (!differs(unlinked, childRowOf(stored.body), content)) continue
    writes.push({ rules: mappingRules(links), id: stored.id, stored, content, comment: null })
  }
  const change = { tx, source, actor, traceparent, room: 0 }
  const changes = await writeChildren(change, 'mapping', writes)
  await appendEvents(
    tx,
    changes.map((changed, index) => eventOf(change, changed, writes[index]?.content.retired)),
  )
}

function eventOf({ source, actor, traceparent }: Change, changed: ChildChange, retired = false): NewEvent {
  const { id, uuid, sequence } = changed
  const source_url = sourceUrl(targetOf(source))
  const url = childUrl(source_url, 'mapping', id)
  const data = { url, version_url: `${url}${sequence}/`, source_url, id, retired }
  return { noun: 'mapping', verb: 'updated', aggregate: uuid, sequence, actor, traceparent, data }
}

/** Sources elsewhere than in `source` that mappings lead from or to: locked before their concepts are looked up. */
export function lockForeignEnds(tx: Tx, source: SourceRow, urls: Iterable<string>): Promise<void> {
  const own = sourceUrl(targetOf(source))
  return lockEnds(
    tx,
    [],
    [...new Set(urls)].filter(url => url !== own),
  )
}
