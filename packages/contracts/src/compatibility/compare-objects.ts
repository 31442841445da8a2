import type { JsonSchema } from '../json-schema.ts'
import type { Compare, Finding } from './finding.ts'
import { hasRules } from './keywords.ts'

/** Compares objects field by field, then what each side says of fields that it does not name. */
export function compareObjects(sent: JsonSchema, read: JsonSchema, path: string, compare: Compare): Finding[] {
  const names = new Set([sent, read].flatMap(schema => [...Object.keys(fields(schema)), ...required(schema)]))
  const prefix = path === '' ? '' : `${path}.`
  return [
    ...[...names].flatMap(name => compareField(name, sent, read, prefix + name, compare)),
    ...compareNames(sent, read, `${prefix}*`, compare),
    ...compareOtherFields(others(sent), others(read), `${prefix}*`, compare),
  ]
}

function compareField(name: string, sent: JsonSchema, read: JsonSchema, path: string, compare: Compare): Finding[] {
  const given = fields(sent)[name] ?? others(sent)
  const taken = fields(read)[name] ?? others(read)
  const declared = typeof given !== 'string'
  const absent: Finding[] =
    required(read).has(name) && !required(sent).has(name) ? [{ kind: 'absent', declared, path }] : []
  if (declared) {
    if (taken === 'refused') return [{ kind: 'refused', path }]
    if (taken === 'ignored') return [...absent, { kind: 'unread', path }]
    return [...absent, ...compare(given, taken, path)]
  }
  if (absent.length > 0 || typeof taken === 'string') return absent
  return [{ kind: 'unsent', path }]
}

/** The names that a map may have as keys. */
function compareNames(sent: JsonSchema, read: JsonSchema, path: string, compare: Compare): Finding[] {
  return read.propertyNames === undefined
    ? []
    : compare(sent.propertyNames ?? { type: 'string' }, read.propertyNames, `name of ${path}`)
}

function compareOtherFields(given: Others, taken: Others, path: string, compare: Compare): Finding[] {
  if (typeof given !== 'string') {
    if (taken === 'refused') return [{ kind: 'refused', path }]
    return taken === 'ignored' ? [{ kind: 'unread', path }] : compare(given, taken, path)
  }
  if (given === 'ignored' && taken === 'refused') return [{ kind: 'refused', path }]
  if (typeof taken === 'string') return []
  const findings: Finding[] = [{ kind: 'unsent', path }]
  return given === 'ignored' && hasRules(taken) ? [...findings, { kind: 'checked', path }] : findings
}

/** Undeclared fields: ignored (the usual), refused, or of the given schema. */
type Others = 'ignored' | 'refused' | JsonSchema

function others(schema: JsonSchema): Others {
  const rest = schema.additionalProperties
  if (rest === undefined) return 'ignored'
  if (rest === false) return 'refused'
  return rest === true ? {} : (rest as JsonSchema)
}

function fields(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>
}

function required(schema: JsonSchema): ReadonlySet<string> {
  return new Set(Array.isArray(schema.required) ? (schema.required as string[]) : [])
}
