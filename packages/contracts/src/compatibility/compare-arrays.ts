import type { JsonSchema } from '../json-schema.ts'
import type { Compare, Finding } from './finding.ts'

/** Items by position where there are tuples, and the items that follow. Lengths are compared as limits. */
export function compareArrays(sent: JsonSchema, read: JsonSchema, path: string, compare: Compare): Finding[] {
  const positions = Math.max(tuple(sent).length, tuple(read).length)
  const findings: Finding[] = []
  for (let index = 0; index < positions; index++) {
    findings.push(...compare(itemAt(sent, index), itemAt(read, index), `${path}[${index}]`))
  }
  return [...findings, ...compare(sent.items ?? {}, read.items ?? {}, `${path}[]`)]
}

function itemAt(schema: JsonSchema, index: number): unknown {
  return tuple(schema)[index] ?? schema.items ?? {}
}

function tuple(schema: JsonSchema): readonly unknown[] {
  return Array.isArray(schema.prefixItems) ? schema.prefixItems : []
}
