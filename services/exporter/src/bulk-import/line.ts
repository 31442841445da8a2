import {
  body,
  type Checked,
  type ConceptFields,
  conceptFields,
  errorFields,
  type Identity,
  type ImportTarget,
  isJsonObject,
  type MappingFields,
  mappingFields,
  type OwnerTarget,
  type SourceTarget,
  unfitValues,
} from '@slipway/contracts'
import { readEnd } from '../mapping/end-url.ts'
import { mappingOfRow } from '../mapping/mapping-of-row.ts'
import { textOf } from '../text-of.ts'
import type { LineResult } from './bulk-import.ts'
import { retargeted } from './retarget.ts'

export type Action = 'CREATE_OR_UPDATE' | 'CREATE' | 'UPDATE' | 'DELETE'
type Members = Readonly<Record<string, unknown>>

/** A concept or mapping. `given` is what a new one would be made of; `present` names the fields that the line has. */
export type ChildLine<Values> = {
  readonly action: Action
  readonly target: SourceTarget
  /** Undefined where there is none, or one that is wrong. */
  readonly id: string | undefined
  readonly given: Checked<Values>
  readonly present: ReadonlySet<string>
}

export type ImportLine =
  | { readonly kind: 'concept'; readonly line: ChildLine<ConceptFields> }
  | { readonly kind: 'mapping'; readonly line: ChildLine<MappingFields> }
  | { readonly kind: 'concept-with-mappings'; readonly line: ChildLine<ConceptFields> }
  | { readonly kind: 'org'; readonly action: Action; readonly value: Members }
  | { readonly kind: 'source'; readonly action: Action; readonly owner: OwnerTarget; readonly value: Members }
  | { readonly kind: 'version'; readonly action: Action; readonly target: SourceTarget; readonly value: Members }
  | { readonly kind: 'none'; readonly result: LineResult }

/** What says what a line is about. Its other members are read as fields. */
const addressing = ['type', '__action', 'owner', 'owner_type', 'owner_url', 'source', 'source_url']
const actions: readonly string[] = ['CREATE_OR_UPDATE', 'CREATE', 'UPDATE', 'DELETE'] satisfies Action[]
const concept = body(conceptFields)
const mapping = body(mappingFields)

/** What a line asks for. `value` is any JSON. */
export function readLine(value: unknown, identity: Identity, importTarget: ImportTarget | null = null): ImportLine {
  if (!isJsonObject(value)) {
    return none('invalid', { __all__: ['A line must be a JSON object.'] })
  }
  const said = value as Members
  const unfit = addressing.flatMap(name => unfitValues(said[name]).map(detail => ({ ...detail, path: [name] })))
  if (unfit.length > 0) return none('failed', errorFields(unfit))
  const type = typeof said.type === 'string' ? said.type.trim().toLowerCase() : ''
  const line = importTarget ? retargeted(said, type, originOf(said, type, identity), importTarget) : said
  const given = line.__action ?? 'CREATE_OR_UPDATE'
  const written = typeof given === 'string' ? given : JSON.stringify(given)
  const action = written.trim().toUpperCase() as Action
  if (!actions.includes(action)) return failed('__action', `"${written}" is not a valid choice.`)
  if (type === 'organization') return { kind: 'org', action, value: line }
  if (type === 'source') {
    const owner = ownerOf(line, identity)
    return owner ? { kind: 'source', action, owner, value: line } : failed('owner', 'This field is required.')
  }
  if (type !== 'concept' && type !== 'mapping' && type !== 'source version') {
    const named = typeof line.type === 'string' ? `"${line.type}" is not imported.` : 'This field is required.'
    return none('unknown', { type: [named] })
  }
  const target = sourceOf(line, identity)
  if (typeof target === 'string') return failed(target, 'This field is required.')
  if (type === 'source version') return { kind: 'version', action, target, value: line }
  if (type === 'concept') {
    const own = childLine(concept.parse(line), line, action, target)
    const isAlone = action === 'DELETE' || !own.given.values.mappings?.length
    return { kind: isAlone ? 'concept' : 'concept-with-mappings', line: own }
  }
  const mapped = mappingOfRow(line)
  return { kind: 'mapping', line: childLine(mapping.parse(mapped), mapped, action, target) }
}

const none = (outcome: LineResult['outcome'], errors: Members): ImportLine => ({
  kind: 'none',
  result: { outcome, errors },
})
const failed = (field: string, message: string) => none('failed', { [field]: [message] })

function childLine<Values extends { readonly id?: string | undefined }>(
  given: Checked<Values>,
  line: Members,
  action: Action,
  target: SourceTarget,
): ChildLine<Values> {
  const present = new Set(Object.keys(line).filter(name => line[name] !== undefined))
  return { action, target, id: given.values.id, given, present }
}

/** What changes a child that is there: only what the line has, and no complaint about what it lacks. */
export function changeOf<Values>({ given, present }: ChildLine<Values>): Checked<Values> {
  const values = Object.entries(given.values).filter(([name]) => present.has(name))
  return {
    values: Object.fromEntries(values) as Partial<Values>,
    problems: given.problems.filter(({ path }) => present.has(String(path[0]))),
  }
}

/** The source that a line says it is of, or is. */
function originOf(line: Members, type: string, identity: Identity): SourceTarget | undefined {
  const named = type === 'source' ? { ...line, source: line.id } : line
  const origin = sourceOf(named, identity)
  return typeof origin === 'string' ? undefined : origin
}

function sourceOf(line: Members, identity: Identity): SourceTarget | 'owner' | 'source' {
  const url = typeof line.source_url === 'string' ? readEnd(line.source_url)?.target : undefined
  const owner = ownerOf(line, identity) ?? url
  if (!owner) return 'owner'
  const source = textOf(line.source) ?? url?.source
  return source === undefined ? 'source' : { ownerType: owner.ownerType, owner: owner.owner, source }
}

const ownerPath = /^(?:https?:\/\/[^/]+)?\/(orgs|users)\/([^/]+)\/?$/

function ownerOf(line: Members, identity: Identity): OwnerTarget | undefined {
  const [, kind, id] = typeof line.owner_url === 'string' ? (ownerPath.exec(line.owner_url) ?? []) : []
  const named = textOf(line.owner)
  if (named === undefined && id === undefined) return undefined
  const type = textOf(line.owner_type)?.toLowerCase() ?? 'organization'
  const isUser = named === undefined ? kind === 'users' : type === 'user' || type === 'users'
  if (!isUser) return { ownerType: 'org', owner: named ?? (id as string) }
  const login = named ?? (id as string)
  // Logins are the same whatever their case, but paths have them as the account does.
  const own = login.toLowerCase() === identity.login.toLowerCase()
  return { ownerType: 'user', owner: own ? identity.login : login }
}
