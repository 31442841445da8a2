import { failure } from '../error.ts'
import { type OrderKey, orderingPath } from './ordering.ts'
import type { PdcResource } from './resource.ts'

/** Every value of every query parameter, in the order sent. */
export type PdcParameters = Readonly<Record<string, readonly string[]>>

/** The query of a request, understood. */
export type PdcQuery = {
  /** Values of each filter that was given. */
  readonly filters: PdcParameters
  /** Undefined: the resource's own order. */
  readonly ordering: readonly OrderKey[] | undefined
  /** Fields to show; undefined: all. */
  readonly shown: ReadonlySet<string> | undefined
  /** From 1; 0 for what is no page at all. */
  readonly page: number | 'last'
  /** 1 to 100; 0: everything at once, as a bare list. */
  readonly pageSize: number
}

const common = ['page', 'page_size', 'ordering', 'fields', 'exclude_fields']
const usualPageSize = 20
const greatestPageSize = 100

/**
 * Reads the query parameters of any request to a resource. They are checked on all methods, in this order: unknown names,
 * the ordering, the names of fields.
 * @throws `invalid` with the sentence that clients of PDC know
 */
export function readPdcQuery(resource: PdcResource, parameters: PdcParameters): PdcQuery {
  requireKnownParameters(Object.keys(parameters), [...common, ...resource.filters])
  const ordering = readOrdering(resource, parameters.ordering?.at(-1))
  const included = fieldNames(resource, 'fields', parameters.fields)
  const excluded = fieldNames(resource, 'exclude_fields', parameters.exclude_fields)
  const filters: Record<string, readonly string[]> = {}
  for (const name of resource.filters) if (parameters[name]) filters[name] = parameters[name]
  return {
    filters,
    ordering,
    shown: shownFields(resource, included, excluded),
    page: readPage(parameters.page?.at(-1)),
    pageSize: readPageSize(parameters.page_size?.at(-1)),
  }
}

/** @throws `invalid` naming the unknown ones, sorted */
export function requireKnownParameters(given: readonly string[], known: readonly string[]): void {
  const unknown = given.filter(name => !known.includes(name)).sort()
  if (unknown.length > 0) throw failure('invalid', `Unknown query params: ${unknown.join(', ')}.`)
}

function readOrdering(resource: PdcResource, text: string | undefined): OrderKey[] | undefined {
  if (text === undefined) return undefined
  return text.split(',').map(item => {
    const trimmed = item.trim()
    const descending = trimmed.startsWith('-')
    return { path: pathOf(resource, descending ? trimmed.slice(1) : trimmed), descending }
  })
}

function pathOf({ fields, ordering }: PdcResource, key: string): string[] {
  const mayBeKnown = key.includes('__') || fields.includes(key)
  // The original looks up what a key leads to when it orders something.
  if (!ordering && mayBeKnown) return [key]
  const aliases = ordering?.aliases ?? {}
  const path = ordering && orderingPath(ordering.model, Object.hasOwn(aliases, key) ? (aliases[key] as string) : key)
  if (path) return path
  if (mayBeKnown) throw failure('invalid', `Unknown ordering key: ${key}`)
  throw failure(
    'invalid',
    `Unknown query key: ['${key}'] not in fields: [${fields.map(name => `'${name}'`).join(', ')}]`,
  )
}

function fieldNames(resource: PdcResource, parameter: string, values: readonly string[] = []): string[] {
  const names = values
    .flatMap(value => value.split(','))
    .map(name => name.trim())
    .filter(name => name !== '')
  const unknown = [...new Set(names.filter(name => !resource.fields.includes(name)))].sort()
  if (unknown.length > 0) throw failure('invalid', `Unknown fields in "${parameter}" filter: ${unknown.join(', ')}`)
  return names
}

function shownFields({ fields }: PdcResource, included: readonly string[], excluded: readonly string[]) {
  if (included.length === 0 && excluded.length === 0) return undefined
  const wanted = included.length === 0 ? fields : fields.filter(field => included.includes(field))
  return new Set(wanted.filter(field => !excluded.includes(field)))
}

function readPage(text: string | undefined): number | 'last' {
  if (text === undefined) return 1
  if (text === 'last') return 'last'
  return wholeNumber(text) ?? 0
}

function readPageSize(text: string | undefined): number {
  const size = text === undefined ? undefined : wholeNumber(text)
  if (size === undefined) return usualPageSize
  return size <= 0 ? 0 : Math.min(size, greatestPageSize)
}

function wholeNumber(text: string): number | undefined {
  const number = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}
