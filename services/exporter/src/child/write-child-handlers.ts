import type { CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, conceptOperations, failure, mappingOperations, type SourceTarget } from '@slipway/contracts'
import { writeHandler } from '@slipway/service'
import type { Store, Tx } from '@slipway/store'
import { notFound, requireEdit } from '../rights.ts'
import { lockSource } from '../source/source.store.ts'
import type { Change } from './change-child.ts'
import { findChild, type StoredChild } from './child.store.ts'
import type { ChildKind } from './child.ts'

const operationsOf = { concept: conceptOperations, mapping: mappingOperations } as const

/** A concept or mapping of a source that this transaction has locked, and whoever changes it. */
export type LockedChild = { readonly change: Change; readonly id: string; readonly stored: StoredChild }

/** What is to be written of a retirement, or of its end. Undefined: what it was before, or the usual words. */
export type Retirement = {
  readonly retired: boolean
  readonly reason: string | undefined
  readonly comment: string | undefined
}

/** @throws `not_found`, `forbidden`, `unauthenticated`; `roomNeeded` */
export async function lockChild(
  tx: Tx,
  kind: ChildKind,
  { id, ...target }: SourceTarget & { readonly id: string },
  { identity, traceparent, room }: Pick<CallContext, 'identity' | 'traceparent' | 'room'>,
): Promise<LockedChild> {
  const source = await lockSource(tx, target, identity)
  const stored = await findChild({ tx, source, room }, kind, id)
  if (!stored) throw notFound()
  const actor = actorOf(requireEdit(identity, source))
  return { change: { tx, source, actor, traceparent, room }, id, stored }
}

/** Retiring concepts or mappings, and bringing them back. `retire` refuses what is so already, or leaves it as it is. */
export function retirementHandlers(
  store: Store,
  kind: ChildKind,
  retire: (child: LockedChild, retirement: Retirement) => Promise<void>,
): OperationHandler[] {
  const operations = operationsOf[kind]
  return [
    writeHandler(store, operations.retire, async (tx, { comment, reason, hard, ...where }, context) => {
      const child = await lockChild(tx, kind, where, context)
      // Versions and exports hold it, and its URL stays for ever.
      if (hard) throw failure('refused', `A ${kind} is never deleted for good, only retired: leave hardDelete out.`)
      await retire(child, { retired: true, reason, comment })
      return { status: 204 }
    }),
    writeHandler(store, operations.reactivate, async (tx, { comment, ...where }, context) => {
      await retire(await lockChild(tx, kind, where, context), { retired: false, reason: undefined, comment })
      return { status: 204 }
    }),
  ]
}
