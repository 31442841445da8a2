import { type Store, snapshotParts } from '@slipway/store'
import { type ArrayPart, jsonWithArrays } from '../json-stream.ts'
import { isTruthy, limitOf, offsetOf, type Query, updatedSinceOf } from '../query.ts'
import type { Scope } from './child.store.ts'
import { childQuery } from './list-children.ts'
import { rowText } from './row-text.ts'

/**
 * A source or version with the concepts and mappings that its reader asked for, oldest change first, so that paging loses
 * nothing while others write; `limit` counts for each of the two. Both come from one state of the source: a reader who
 * goes on from the newest change of either misses none of the other.
 */
export function withDiff(store: Store, head: object, scope: Scope, query: Query): AsyncIterable<Uint8Array> {
  const filter = { includeRetired: isTruthy(query, 'includeRetired'), since: updatedSinceOf(query), search: null }
  const range = { limit: limitOf(query) || null, offset: offsetOf(query) }
  const kinds = [
    ...(isTruthy(query, 'includeConcepts') ? (['concept'] as const) : []),
    ...(isTruthy(query, 'includeMappings') ? (['mapping'] as const) : []),
  ]
  async function* parts(): AsyncGenerator<ArrayPart, void, void> {
    if (kinds.length === 0) return
    const queries = kinds.map(kind => childQuery(scope, kind, filter, 'oldest', range))
    for await (const { query: array, rows } of snapshotParts(store, queries)) {
      yield { array, rows: rows.map(row => rowText(store.read, row)) }
    }
  }
  const names = kinds.map(kind => `${kind}s`)
  return jsonWithArrays(JSON.stringify(head), names, parts())
}
