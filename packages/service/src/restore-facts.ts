import type { OperationHandler } from '@slipway/bus'
import type { FactKind, Operation, RestoreFact } from '@slipway/contracts'
import { handlerOf } from './handler.ts'

export type FactRow = { readonly fact: RestoreFact }
export type FactPage = { readonly after: string; readonly limit: number }

/** How the facts of a kind are read: ordered by their ids, at most `limit` of those behind `after`. */
export type FactReaders = { readonly [Kind in FactKind]?: (page: FactPage) => Promise<readonly FactRow[]> }

/** Rows of a page: their texts fit into one message. */
const pageSize = 2_000

/** Answers what a service knows that others must agree with, page by page; the same in every service. */
export function restoreFactsHandler(operation: Operation, readers: FactReaders): OperationHandler {
  return handlerOf(operation, async input => {
    const { kind, after } = input as { readonly kind: FactKind; readonly after: string }
    const rows = (await readers[kind]?.({ after, limit: pageSize })) ?? []
    const next = rows.length < pageSize ? null : (rows.at(-1)?.fact.id ?? null)
    return { body: { facts: rows.map(({ fact }) => fact), next } }
  })
}
