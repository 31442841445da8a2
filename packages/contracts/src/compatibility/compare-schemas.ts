import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from '../json-schema.ts'
import { type Alternative, alternatives, jsonTypes } from './alternatives.ts'
import { compareArrays } from './compare-arrays.ts'
import { compareObjects } from './compare-objects.ts'
import { compareScalars } from './compare-scalars.ts'
import type { Compare, Finding, Level } from './finding.ts'
import { hasRules } from './keywords.ts'

/**
 * Finds what a sender may send by its schema that a receiver does not read by its own. No finding: there is no such
 * message. `levelOf` tells which of several ways to read a value is the best. Both schemas must be free of
 * `unknownParts`.
 */
export function compareSchemas(
  sentRoot: JsonSchema,
  readRoot: JsonSchema,
  levelOf: (finding: Finding) => Level,
): Finding[] {
  /** Pairs that are being compared further up: a schema may contain itself. */
  const open: [unknown, unknown][] = []

  const compare: Compare = (sent, read, path) => {
    if (!hasRules(read) || open.some(([first, second]) => first === sent && second === read)) return []
    open.push([sent, read])
    const findings = [
      ...compareDefaults(sent, read, path),
      ...compareAlternatives(alternatives(sent, sentRoot), alternatives(read, readRoot), path),
    ]
    open.pop()
    return findings
  }

  function compareAlternatives(sent: readonly Alternative[], read: readonly Alternative[], path: string): Finding[] {
    const unread = jsonTypes.filter(type => sent.some(one => one.type === type) && !read.some(one => one.type === type))
    const findings: Finding[] = unread.length > 0 ? [{ kind: 'types', types: unread, path }] : []
    for (const one of sent) {
      const [candidate, ...more] = read.filter(other => other.type === one.type)
      if (!candidate) continue
      if (more.length === 0) findings.push(...compareAlternative(one, candidate, path))
      else for (const part of split(one)) findings.push(...closest(part, [candidate, ...more], path))
    }
    return findings
  }

  /** What is wrong with the candidate that fits best. */
  function closest(sent: Alternative, candidates: readonly Alternative[], path: string): Finding[] {
    const attempts = candidates.map(candidate => compareAlternative(sent, candidate, path))
    return attempts.reduce((best, attempt) => (weight(attempt) < weight(best) ? attempt : best))
  }

  function weight(findings: readonly Finding[]): number {
    const weights = { incompatible: 1000, warning: 1, ignored: 0 }
    return findings.reduce((sum, finding) => sum + weights[levelOf(finding)], 0)
  }

  function compareAlternative(sent: Alternative, read: Alternative, path: string): Finding[] {
    const findings = compareScalars(sent, read, path)
    if (sent.type === 'object') findings.push(...compareObjects(sent.schema, read.schema, path, compare))
    if (sent.type === 'array') findings.push(...compareArrays(sent.schema, read.schema, path, compare))
    return findings
  }

  return compare(sentRoot, readRoot, '')
}

/** A closed set may be read by several alternatives, each value by another one. */
function split(alternative: Alternative): readonly Alternative[] {
  return alternative.values?.map(value => ({ ...alternative, values: [value] })) ?? [alternative]
}

function compareDefaults(sent: unknown, read: unknown, path: string): Finding[] {
  const [before, after] = [sent, read].map(schema => (schema as JsonSchema).default)
  return isDeepStrictEqual(before, after) ? [] : [{ kind: 'default', sent: before, read: after, path }]
}
