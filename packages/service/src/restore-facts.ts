import type { OperationHandler } from '@slipway/bus'
import { type FactKind, factKey, type Operation, type RestoreFact } from '@slipway/contracts'
import { handlerOf } from './handler.ts'

export type FactRow = { readonly fact: RestoreFact }
/** Facts whose keys are behind `after`, and among `of` unless that is null. */
export type FactPage = { readonly after: string; readonly limit: number; readonly of: readonly string[] | null }

/**
 * How the facts of a kind are read: in the order of their keys, `limit` of them, and those behind the last one that have
 * its key.
 */
export type FactReaders = { readonly [Kind in FactKind]?: (page: FactPage) => Promise<readonly FactRow[]> }

/** Rows of a page: their texts fit into one message. */
const pageSize = 1_000

type FactsInput = { readonly kind: FactKind; readonly after: string; readonly of?: readonly string[] }

/** Answers what a service knows that others must agree with, page by page; the same in every service. */
export function restoreFactsHandler(operation: Operation, readers: FactReaders): OperationHandler {
  return handlerOf(operation, async input => {
    const { kind, after, of = null } = input as FactsInput
    const rows = (await readers[kind]?.({ after, limit: pageSize, of })) ?? []
    const last = rows.at(-1)?.fact
    return {
      body: { facts: rows.map(({ fact }) => fact), next: last && rows.length >= pageSize ? factKey(last) : null },
    }
  })
}
