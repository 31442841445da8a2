import type { Tx } from '@slipway/store'
import { lockEnds } from '../open-end/open-end.store.ts'
import { sourceUrl } from '../paths.ts'
import type { Applied, Importer, Told } from './apply-children.ts'
import { applyConcepts } from './apply-concepts.ts'
import { applyMappings } from './apply-mappings.ts'
import type { RowLine } from './batches.ts'
import type { LineResult } from './bulk-import.ts'
import { conceptsThere, lockTargets } from './known-children.store.ts'
import { conceptKey, endsNamed, keyOfConcept, segmentsOf } from './segments.ts'

/** Lines with rows of one kind and source, with their places in the batch. */
type Group<Kind extends 'concept' | 'mapping'> = {
  readonly places: number[]
  readonly lines: Extract<RowLine, { kind: Kind }>['line'][]
}

/**
 * Carries out lines with concepts and mappings of any sources, in a few statements however they are mixed: in each part of
 * them the concepts come first, where that makes no difference.
 */
export async function applyRows(tx: Tx, importer: Importer, lines: readonly RowLine[]): Promise<Applied> {
  await lockAll(tx, lines)
  const results: LineResult[] = []
  const told: Told[] = []
  for (const segment of segmentsOf(lines, await knownOf(tx, lines))) {
    const found: LineResult[] = []
    for (const [place, line] of segment.entries()) if (line.kind === 'none') found[place] = line.result
    for (const group of groupsOf(segment, 'concept')) {
      await inTurn(group, found, told, rest => applyConcepts(tx, importer, rest))
    }
    for (const group of groupsOf(segment, 'mapping')) {
      await inTurn(group, found, told, rest => applyMappings(tx, importer, rest))
    }
    results.push(...found)
  }
  return { results, told }
}

/** All locks before anything is looked up, in the order in which everybody takes them. */
async function lockAll(tx: Tx, lines: readonly RowLine[]): Promise<void> {
  const targets = new Map(
    lines.flatMap(line => (line.kind === 'none' ? [] : [[sourceUrl(line.line.target), line.line.target]])),
  )
  const made = new Set(lines.flatMap(line => (line.kind === 'concept' ? [sourceUrl(line.line.target)] : [])))
  const into = lines.flatMap(line => {
    if (line.kind !== 'mapping') return []
    const own = sourceUrl(line.line.target)
    return (endsNamed(line.line) ?? []).map(end => end.sourceUrl).filter(url => url !== own)
  })
  if (targets.size > 1 || into.length > 0) await lockTargets(tx, [...targets.values()])
  if (into.length > 0) await lockEnds(tx, [...made], [...new Set(into)])
}

/** Which concepts are there already, of those for which it matters. */
async function knownOf(tx: Tx, lines: readonly RowLine[]): Promise<(key: string) => boolean> {
  const led = new Set<string>()
  let leadsAnywhere = false
  const wanted = new Map<string, { readonly target: Parameters<typeof sourceUrl>[0]; readonly id: string }>()
  for (const line of lines) {
    if (line.kind === 'mapping') {
      const ends = endsNamed(line.line)
      if (!ends) leadsAnywhere = true
      for (const end of ends ?? []) led.add(conceptKey(end))
    } else if (line.kind === 'concept') {
      const key = keyOfConcept(line.line)
      const { target, id } = line.line
      if (key !== undefined && id !== undefined && (leadsAnywhere || led.has(key))) wanted.set(key, { target, id })
    }
  }
  const there = await conceptsThere(tx, [...wanted.values()])
  const keys = [...wanted.keys()]
  const known = new Set(there.map(index => keys[index]))
  return key => known.has(key)
}

function groupsOf<Kind extends 'concept' | 'mapping'>(segment: readonly RowLine[], kind: Kind): Iterable<Group<Kind>> {
  const groups = new Map<string, Group<Kind>>()
  for (const [place, line] of segment.entries()) {
    if (line.kind !== kind) continue
    const row = line.line as Group<Kind>['lines'][number]
    const key = sourceUrl(row.target)
    const group = groups.get(key) ?? { places: [], lines: [] }
    group.places.push(place)
    group.lines.push(row)
    groups.set(key, group)
  }
  return groups.values()
}

/** Goes on where lines of the same child, which are not carried out together, ended a turn. */
async function inTurn<Kind extends 'concept' | 'mapping'>(
  { places, lines }: Group<Kind>,
  found: LineResult[],
  told: Told[],
  apply: (rest: Group<Kind>['lines']) => Promise<Applied>,
): Promise<void> {
  for (let done = 0; done < lines.length; ) {
    const applied = await apply(lines.slice(done))
    for (const [index, result] of applied.results.entries()) found[places[done + index] as number] = result
    told.push(...(applied.told ?? []))
    done += applied.results.length
  }
}
