import type { OperationHandler } from '@slipway/bus'
import { conceptOperations, type Identity, mappingOperations, type SourceTarget } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Store } from '@slipway/store'
import { bytesOf, jsonArray, jsonWithArrays } from '../json-stream.ts'
import { pageFor } from '../page.ts'
import { childUrl, sourceUrl } from '../paths.ts'
import { isTruthy, type Query } from '../query.ts'
import { notFound, requireView } from '../rights.ts'
import { findSource } from '../source/source.store.ts'
import { findVersion } from '../source-version/version.store.ts'
import { childStates, findChildState, findShownChild, type Scope, type ShownChild } from './child.store.ts'
import type { ChildKind } from './child.ts'
import { childRows, countChildren } from './list-children.ts'
import { filterOf, isCounted, orderOf, wholeFilterOf } from './list-query.ts'
import { type RowText, rowText } from './row-text.ts'
import type { ChildFilter } from './select-children.ts'

const operationsOf = { concept: conceptOperations, mapping: mappingOperations } as const

type Where = SourceTarget & { readonly version?: string | undefined }

/** How many children a source or version has, as it keeps it. */
type Kept = Readonly<Record<`${'active' | 'all'}_${ChildKind}s`, number>>

/** Reading concepts or mappings, of the live source or of a frozen version. */
export function readChildHandlers(store: Store, kind: ChildKind): OperationHandler[] {
  const operations = operationsOf[kind]

  async function scopeOf({ version, ...target }: Where, identity: Identity | null) {
    const source = await findSource(store.read, target, identity)
    const found = version === undefined ? undefined : await findVersion(store.read, source.position, version)
    requireView(identity, source)
    const frozen = found && found.snapshot !== null ? found : undefined
    const scope: Scope = { source: source.position, version: frozen?.position ?? null }
    return { scope, kept: (frozen ?? source) as Kept }
  }

  async function childOf(where: Where & { readonly id: string }, identity: Identity | null, of: ChildKind = kind) {
    const { scope } = await scopeOf(where, identity)
    const child = await findShownChild(store.read, scope, of, where.id)
    if (!child) throw notFound()
    return { scope, child }
  }

  /** The row of the child, or of a state before. */
  async function stateOf(child: ShownChild, childVersion: string | undefined): Promise<RowText> {
    const found = childVersion === undefined ? child : await findChildState(store.read, child, childVersion)
    if (!found) throw notFound()
    return rowText(store.read, found)
  }

  const basePath = ({ version, ...target }: Where) =>
    version === undefined ? sourceUrl(target) : `${sourceUrl(target)}${version}/`

  async function list({ query, ...where }: Where & { readonly query: Query }, identity: Identity | null, base: string) {
    const { scope, kept } = await scopeOf(where, identity)
    const filter = await wholeFilterOf(store.read, kind, query, identity)
    const total = isCounted(filter)
      ? kept[`${filter.includeRetired ? 'all' : 'active'}_${kind}s`]
      : await countChildren(store.read, scope, kind, filter)
    const page = pageFor(query, total, `${base}${basePath(where)}${kind}s/`)
    return { headers: page.headers, body: jsonArray(childRows(store, scope, kind, filter, orderOf(query), page)) }
  }

  const handlers: OperationHandler[] = [
    handlerOf(operations.list, (input, { identity, baseUrl }) => list(input, identity, baseUrl)),
    handlerOf(operations.get, async ({ childVersion, ...where }, { identity }) => {
      const { child } = await childOf(where, identity)
      const text = await stateOf(child, childVersion)
      return typeof text === 'string' ? { body: { raw: text } } : { body: bytesOf(text) }
    }),
    handlerOf(operations.versions, async ({ query, ...where }, { identity, baseUrl }) => {
      const { child } = await childOf(where, identity)
      const url = `${baseUrl}${childUrl(basePath(where), kind, where.id)}versions/`
      const page = pageFor(query, child.number, url)
      return { headers: page.headers, body: jsonArray(childStates(store, child, page)) }
    }),
  ]
  const mappingsOf = (query: Query, concept: number): ChildFilter => ({
    ...filterOf(query),
    of: { concept, inverse: isTruthy(query, 'includeInverseMappings') },
  })
  if (kind === 'concept') {
    const withMappings = handlerOf(
      conceptOperations.withMappings,
      async ({ childVersion, query, ...where }, context) => {
        const { scope, child } = await childOf(where, context.identity)
        const head = await stateOf(child, childVersion)
        const filter = { ...mappingsOf(query, child.position), since: null, search: null }
        const rows = childRows(store, scope, 'mapping', filter, 'oldest', { limit: null, offset: 0 })
        async function* parts() {
          for await (const part of rows) yield { array: 0, rows: part }
        }
        // The last member of every row of a concept, in whose place they stand.
        return { body: jsonWithArrays(head, ['mappings'], parts(), '}', /(?:,"mappings":null)?\}$/) }
      },
    )
    return [...handlers, withMappings]
  }

  const ofConcept = handlerOf(mappingOperations.ofConcept, async ({ query, ...where }, { identity, baseUrl }) => {
    const { scope, child } = await childOf(where, identity, 'concept')
    const whole = await wholeFilterOf(store.read, 'mapping', query, identity)
    const filter = { ...whole, ...mappingsOf(query, child.position) }
    const total = await countChildren(store.read, scope, 'mapping', filter)
    const page = pageFor(query, total, `${baseUrl}${childUrl(basePath(where), 'concept', where.id)}mappings/`)
    return { headers: page.headers, body: jsonArray(childRows(store, scope, 'mapping', filter, orderOf(query), page)) }
  })
  return [...handlers, ofConcept]
}
