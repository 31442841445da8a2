import { setTimeout as delay } from 'node:timers/promises'
import type { Bus, CallContext, CallOptions, OperationHandler } from '@slipway/bus'
import { type RestoreReport, restoreOperations } from '@slipway/contracts'
import { handlerOf, requireRole } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import { compare } from './compare.ts'
import type { Disagreement } from './disagreement.ts'
import { readFacts } from './facts.ts'
import { type Outcome, settleAll } from './settle.ts'

export type RestoreOptions = { readonly bus: Bus; readonly store: Store; readonly log: Logger }

/** What is under way has moved on by then; what does not agree is still so. */
const lookAgainMs = 1_000
const mostItems = 1_000

/** Compares what the services know after databases were restored, and settles what has one right answer. */
export function restoreHandlers({ bus, store, log }: RestoreOptions): OperationHandler[] {
  const callOf = ({ identityToken, traceparent }: CallContext): CallOptions => ({
    identity: identityToken,
    traceparent,
    timeoutMs: 15_000,
  })
  const look = async (call: CallOptions) => compare(await readFacts(bus, store, call))

  /** What two looks find: services that are at work disagree for moments. */
  async function lookTwice(call: CallOptions): Promise<Disagreement[]> {
    const first = new Set((await look(call)).map(({ id }) => id))
    if (first.size === 0) return []
    await delay(lookAgainMs)
    return (await look(call)).filter(({ id }) => first.has(id))
  }

  return [
    handlerOf(restoreOperations.check, async (_input, context) => ({
      body: reportOf(await lookTwice(callOf(context))),
    })),
    handlerOf(restoreOperations.settle, async ({ body: { decisions } }, context) => {
      const { login } = requireRole(context.identity, ['ADMIN'], 'Must be an admin')
      const call = callOf(context)
      const found = await lookTwice(call)
      const outcomes = await settleAll({ bus, store, call }, found, decisions)
      const settled = found.filter(({ id }) => outcomes.get(id)?.done).map(({ id }) => id)
      log.info({ event: 'restore-settled', by: login, settled }, 'disagreements of restored databases were settled')
      return { body: reportOf(found, outcomes) }
    }),
  ]
}

function reportOf(found: readonly Disagreement[], outcomes: ReadonlyMap<string, Outcome> = new Map()): RestoreReport {
  const kinds = Map.groupBy(found, ({ kind }) => kind)
  return {
    agrees: found.every(({ id }) => outcomes.get(id)?.done),
    total: found.length,
    by_kind: Object.fromEntries([...kinds].map(([kind, { length }]) => [kind, length])),
    items: found.slice(0, mostItems).map(({ id, kind, things, says, settles, choices = [] }) => ({
      id,
      kind,
      things: [...things],
      says,
      settles: settles ?? null,
      choices: choices.map(({ choice, does }) => ({ choice, does })),
      outcome: outcomes.get(id) ?? null,
    })),
  }
}
