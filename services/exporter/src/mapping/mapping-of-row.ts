import { withOrigin } from '@slipway/contracts'
import { textOf } from '../text-of.ts'
import { readEnd } from './end-url.ts'

type Members = Readonly<Record<string, unknown>>

/** The fields that make a mapping, of a row of a mapping, which says more than once where it begins and leads. */
export const mappingOfRow = (row: Members): Members => withoutRepeatedTarget(withOrigin(row))

/** Rows of exports say the concept a mapping leads to also as a code of its source; that is not another target. */
function withoutRepeatedTarget(line: Members): Members {
  const end = typeof line.to_concept_url === 'string' ? readEnd(line.to_concept_url) : undefined
  if (!end?.concept) return line
  const { to_source_url: sourceUrl, to_concept_code: code, ...rest } = line
  const source = typeof sourceUrl === 'string' ? readEnd(sourceUrl)?.target : undefined
  const { ownerType, owner, source: id } = end.target
  const sameSource = source?.ownerType === ownerType && source.owner === owner && source.source === id
  const isRepeated = (sourceUrl == null || sameSource) && (code == null || textOf(code) === end.concept)
  return isRepeated ? rest : line
}
