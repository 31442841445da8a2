import { randomUUID } from 'node:crypto'
import { complete, isFailure, type MappingFields } from '@slipway/contracts'
import type { Tx } from '@slipway/store'
import { differs } from '../child/change-child.ts'
import { childRowOf } from '../child/child.ts'
import type { EndPlace } from '../mapping/end-url.ts'
import { type MappingContent, mappingRules, matchKeyOf, mergeMapping } from '../mapping/mapping.ts'
import { type EndLookup, endsIn, findEnds, placesFor, placesOf } from '../mapping/mapping-ends.ts'
import { notUnique } from '../mapping/write-mapping.ts'
import { lockForeignEnds } from '../open-end/resolve-ends.ts'
import { type Applied, appliedTo, type Decision, decided, type Importer, lockForChange } from './apply-children.ts'
import type { LineResult } from './bulk-import.ts'
import { childrenById, type KnownChild, mappingsByMatch } from './known-children.store.ts'
import { type ChildLine, changeOf } from './line.ts'
import { loadEnds } from './load-ends.ts'
import { type ChildWrite, writeChildren } from './write-children.ts'

type Write = ChildWrite<MappingFields, MappingContent>
type Line = ChildLine<MappingFields>

/** A line that is about a mapping which its id, or nothing yet, names; or what is wrong with it. */
type Resolved = Decision<Write> & { readonly content?: MappingContent }

const unlinked = mappingRules({ from: null, to: null, fromConcept: null, toConcept: null })
const contentOf = ({ body }: KnownChild) => unlinked.contentOf(childRowOf(body))

/**
 * Carries out lines with mappings of one source, in a few statements. The results may be fewer than the lines: it ends in
 * front of a mapping, or of what a mapping says, that one of them changes.
 */
export async function applyMappings(tx: Tx, importer: Importer, lines: readonly Line[]): Promise<Applied> {
  const [first] = lines
  if (!first) return { results: [] }
  const locked = await lockForChange(tx, first.target, importer)
  if ('refused' in locked) return { results: lines.map(() => locked.refused) }
  const { change } = locked
  const named = await childrenById(
    change,
    'mapping',
    lines.flatMap(({ id }) => id ?? []),
  )
  const storedOf = ({ id }: Line) => (id === undefined ? undefined : named.get(id))
  const places = placesIn(lines, storedOf)
  await lockForeignEnds(
    tx,
    change.source,
    places.map(({ sourceUrl }) => sourceUrl),
  )
  const ends = await loadEnds(tx, endsIn(tx, importer.identity), places)

  const wanted: Resolved[] = []
  for (const line of lines) wanted.push(await decided(() => resolve(line, storedOf(line), ends, importer)))
  const keys = wanted.flatMap(({ content }) => (content ? matchKeyOf(content) : []))
  const matched = await mappingsByMatch(change, keys)

  const results: LineResult[] = []
  const writes: Write[] = []
  const touched = new Set<string>()
  for (const [index, line] of lines.entries()) {
    const { content, write: resolved, ...result } = wanted[index] as Resolved
    const key = content && matchKeyOf(content)
    const same = key === undefined ? undefined : matched.get(key)
    const stored = storedOf(line) ?? (line.id === undefined ? same : undefined)
    const traces = [line.id, stored?.id, key, stored?.matchKey].filter(trace => trace != null)
    if (traces.some(trace => touched.has(trace))) break
    const { write, ...outcome } = content
      ? await decided(() => decide(line, content, stored, same, ends, importer))
      : { ...result, write: resolved }
    if (write) {
      writes.push(write)
      for (const trace of traces) touched.add(trace)
    }
    results.push(outcome)
  }
  return appliedTo(change, 'mapping', results, await writeChildren(change, 'mapping', writes))
}

/** The ends that lines name, and those that their mappings have. */
function placesIn(lines: readonly Line[], storedOf: (line: Line) => KnownChild | undefined): EndPlace[] {
  return lines.flatMap(line => {
    const stored = storedOf(line)
    const before = stored && contentOf(stored)
    return [...(before ? Object.values(placesOf(before)) : []), ...namedPlaces(line, before)]
  })
}

function namedPlaces({ given }: Line, before: MappingContent | undefined): EndPlace[] {
  try {
    return Object.values(placesFor(given.values, before))
  } catch (error) {
    // It is told when the line has its turn.
    if (isFailure(error, 'invalid')) return []
    throw error
  }
}

/** What a line is decided to be by its id alone, or the content that it is to be found or made by. */
async function resolve(
  line: Line,
  stored: KnownChild | undefined,
  ends: EndLookup,
  importer: Importer,
): Promise<Resolved> {
  const { action, id } = line
  if (stored) {
    if (action === 'DELETE') return retire(line, stored)
    if (action === 'CREATE' || !importer.updateIfExists) return { outcome: 'exists' }
    const given = complete(changeOf(line))
    const before = contentOf(stored)
    const found = await findEnds(ends, given, before)
    return { outcome: 'updated', content: mergeMapping(before, given, found.ends) }
  }
  if (id !== undefined && (action === 'UPDATE' || action === 'DELETE')) return missing
  const given = complete(line.given)
  const found = await findEnds(ends, given, undefined)
  return { outcome: 'created', content: mergeMapping(undefined, given, found.ends) }
}

/** Decides with what is known of other mappings. `same`: what says the same as the line, be it what the line is about. */
async function decide(
  line: Line,
  content: MappingContent,
  stored: KnownChild | undefined,
  same: KnownChild | undefined,
  ends: EndLookup,
  { updateIfExists }: Importer,
): Promise<Decision<Write>> {
  const { action } = line
  if (!stored) {
    if (action === 'UPDATE' || action === 'DELETE') return missing
    if (same) throw notUnique(content)
    const given = complete(line.given)
    const rules = mappingRules((await findEnds(ends, given, undefined)).links)
    const id = line.id ?? randomUUID()
    return { outcome: 'created', write: { rules, id, stored, content, comment: rules.commentOf(given) } }
  }
  if (same && same.id !== stored.id) throw notUnique(content)
  if (action === 'DELETE') return retire(line, stored)
  if (action === 'CREATE' || !updateIfExists) return { outcome: 'exists' }
  const before = contentOf(stored)
  const given = complete(changeOf(line))
  const found = await findEnds(ends, given, before)
  const changed = mergeMapping(before, given, found.ends)
  if (!differs(unlinked, childRowOf(stored.body), changed)) return { outcome: 'unchanged' }
  const rules = mappingRules(found.links)
  const comment = rules.commentOf(given as Partial<MappingFields>)
  return { outcome: 'updated', write: { rules, id: stored.id, stored, content: changed, comment } }
}

/** Both ends stay where they are, whether or not the caller may see them. */
function retire(line: Line, stored: KnownChild): Decision<Write> {
  if (stored.retired) return { outcome: 'unchanged' }
  const { values } = line.given
  const content = { ...contentOf(stored), retired: true, retire_reason: values.retire_reason ?? null }
  const comment = unlinked.commentOf(values) ?? 'Mapping was retired'
  return { outcome: 'deleted', write: { rules: mappingRules(stored), id: stored.id, stored, content, comment } }
}

const missing = { outcome: 'not_found', errors: { detail: 'Not found.' } } as const
