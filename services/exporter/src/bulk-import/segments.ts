import type { ConceptFields, MappingFields } from '@slipway/contracts'
import type { EndPlace } from '../mapping/end-url.ts'
import { placesFor } from '../mapping/mapping-ends.ts'
import { sourceUrl } from '../paths.ts'
import type { RowLine } from './batches.ts'
import type { ChildLine } from './line.ts'

/** One name for a concept, wherever it is said. */
export const conceptKey = ({ sourceUrl: source, code }: Pick<EndPlace, 'sourceUrl' | 'code'>) => `${source} ${code}`
export const keyOfConcept = ({ target, id }: ChildLine<ConceptFields>) =>
  id === undefined ? undefined : conceptKey({ sourceUrl: sourceUrl(target), code: id })

/** The ends that a line with a mapping names; undefined when it is known only with what is stored of it. */
export function endsNamed({ given }: ChildLine<MappingFields>): readonly EndPlace[] | undefined {
  try {
    return Object.values(placesFor(given.values, undefined))
  } catch {
    return undefined
  }
}

/**
 * Cuts lines so that in each part the concepts may be carried out before the mappings, without another outcome than line
 * by line: in front of each concept that is there already and that a mapping before it leads to, which has its name of
 * before. A concept that is new comes just earlier for such a mapping. `isThere`: of the keys of concepts.
 */
export function segmentsOf(lines: readonly RowLine[], isThere: (key: string) => boolean): RowLine[][] {
  const segments: RowLine[][] = []
  let segment: RowLine[] = []
  let led = new Set<string>()
  let leadsAnywhere = false
  const made = new Set<string>()
  for (const line of lines) {
    if (line.kind === 'concept') {
      const key = keyOfConcept(line.line)
      const isOld = key !== undefined && (made.has(key) || isThere(key))
      if (isOld && (leadsAnywhere || led.has(key))) {
        segments.push(segment)
        segment = []
        led = new Set()
        leadsAnywhere = false
      }
      if (key !== undefined) made.add(key)
    } else if (line.kind === 'mapping') {
      const ends = endsNamed(line.line)
      if (!ends) leadsAnywhere = true
      for (const end of ends ?? []) led.add(conceptKey(end))
    }
    segment.push(line)
  }
  if (segment.length > 0) segments.push(segment)
  return segments
}
