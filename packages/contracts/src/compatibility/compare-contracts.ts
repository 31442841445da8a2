import type { JsonSchema } from '../json-schema.ts'
import { compareSchemas } from './compare-schemas.ts'
import type { ContractDocument, OperationContract } from './contract-document.ts'
import { unknownParts } from './keywords.ts'
import { type Direction, describeFinding, levelOf } from './verdict.ts'

/** What the current contracts change for those who know the old ones; a line each. */
export type Comparison = {
  readonly incompatible: readonly string[]
  readonly warnings: readonly string[]
  /** Operations and events that are not in the old contracts. */
  readonly added: readonly string[]
}

type Contracts = { readonly old: ContractDocument; readonly current: ContractDocument }
type Line = { readonly level: 'incompatible' | 'warning'; readonly text: string }

/**
 * Compares contracts by the rules of compatibility within a version: every old message is still accepted, every old
 * field is still sent. Schemas with rules that cannot be compared count as incompatible.
 */
export function compareContracts(old: ContractDocument, current: ContractDocument): Comparison {
  const contracts = { old, current }
  const lines = [
    ...Object.entries(old.operations).flatMap(([name, before]) => operationLines(name, before, contracts)),
    ...Object.entries(old.events).flatMap(([name, before]) => eventLines(name, before, contracts)),
    ...messageLines(contracts),
    ...errorLines(contracts),
  ]
  const texts = (level: Line['level']) => [
    ...new Set(lines.filter(line => line.level === level).map(line => line.text)),
  ]
  return {
    incompatible: texts('incompatible'),
    warnings: texts('warning'),
    added: [...added(old.operations, current.operations), ...added(old.events, current.events)],
  }
}

function operationLines(subject: string, before: OperationContract, contracts: Contracts): Line[] {
  const name = shortName(subject)
  const after = contracts.current.operations[subject]
  if (!after) return [incompatible(`${name}: the operation is gone`)]
  const lines: Line[] = []
  if (before.flow !== after.flow) lines.push(incompatible(`${name}: flow was ${before.flow}, is ${after.flow}`))
  if (before.effect === 'read' && after.effect === 'write') {
    lines.push(incompatible(`${name}: was a read, which callers may repeat, and writes now`))
  }
  lines.push(...schemaLines(`${name} input`, before.input, after.input, contracts, ['input']))
  if (before.output && after.output) {
    lines.push(...schemaLines(`${name} output`, before.output, after.output, contracts, ['output']))
  } else if (before.output !== after.output) {
    const text = before.output ? 'there was a body and is none' : 'there was no body and is one'
    lines.push(incompatible(`${name} output: ${text}`))
  }
  return lines
}

function eventLines(type: string, before: JsonSchema, contracts: Contracts): Line[] {
  const after = contracts.current.events[type]
  if (!after) return [incompatible(`${shortName(type)}: the event is gone`)]
  return schemaLines(`${shortName(type)} data`, before, after, contracts, ['output', 'kept'])
}

/** Both ways: during a rolling upgrade old and new processes send each other these. */
function messageLines(contracts: Contracts): Line[] {
  const { old, current } = contracts
  return (['envelope', 'identity', 'error'] as const).flatMap(name =>
    schemaLines(name, old.messages[name], current.messages[name], contracts, ['output', 'kept']),
  )
}

/** A code that is gone would not be recognised when a process of the previous release sends it. */
function errorLines({ old, current }: Contracts): Line[] {
  return Object.entries(old.errors).flatMap(([code, before]) => {
    const after = current.errors[code]
    if (!after) return [incompatible(`error ${code}: the code is gone`)]
    return (['status', 'retryable'] as const)
      .filter(fact => before[fact] !== after[fact])
      .map(fact => incompatible(`error ${code}: ${fact} was ${before[fact]}, is ${after[fact]}`))
  })
}

function schemaLines(
  name: string,
  before: JsonSchema,
  after: JsonSchema,
  { old, current }: Contracts,
  directions: readonly Direction[],
): Line[] {
  const older = { ...before, $defs: old.$defs }
  const newer = { ...after, $defs: current.$defs }
  const unknown = [...unknownParts(older), ...unknownParts(newer)]
  if (unknown.length > 0) return unknown.map(part => incompatible(`${name} cannot be compared: ${part}`))
  return directions.flatMap(direction => {
    const [sent, read] = direction === 'output' ? [newer, older] : [older, newer]
    return compareSchemas(sent, read, finding => levelOf(finding, direction)).flatMap(finding => {
      const level = levelOf(finding, direction)
      const place = finding.path === '' ? name : `${name} ${finding.path}`
      return level === 'ignored' ? [] : [{ level, text: `${place}: ${describeFinding(finding, direction)}` }]
    })
  })
}

function added(before: object, after: object): string[] {
  return Object.keys(after)
    .filter(name => !Object.hasOwn(before, name))
    .map(shortName)
}

/** As declared: without `slipway.v1.`. */
function shortName(subject: string): string {
  return subject.replace(/^slipway\.v1\./, '')
}

function incompatible(text: string): Line {
  return { level: 'incompatible', text }
}
