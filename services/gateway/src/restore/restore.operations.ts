import type { Bus, CallContext, CallOptions, OperationHandler } from '@slipway/bus'
import { failure, type RestoreReport, restoreOperations } from '@slipway/contracts'
import { handlerOf, requireRole } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import { comparisonsOf } from './comparisons.ts'
import type { Disagreement } from './disagreement.ts'
import { factsOver } from './facts.ts'
import { lasting } from './lasting.ts'
import { type Outcome, settleAll } from './settle.ts'

export type RestoreOptions = { readonly bus: Bus; readonly store: Store; readonly log: Logger }

const maxItems = 1_000

/** Compares what the services know after databases were restored, and settles what has one right answer. */
export function restoreHandlers({ bus, store, log }: RestoreOptions): OperationHandler[] {
  const callOf = ({ identityToken, traceparent }: CallContext): CallOptions => ({
    identity: identityToken,
    traceparent,
    timeoutMs: 15_000,
  })
  const look = (call: CallOptions) => lasting(comparisonsOf(factsOver(bus, call), store))

  async function settle(call: CallOptions, decisions: Readonly<Record<string, string>>, by: string) {
    const report = emptyReport()
    for await (const found of look(call)) {
      const outcomes = await settleAll({ bus, store, call }, found, decisions)
      add(report, found, outcomes)
      const settled = found.filter(({ id }) => outcomes.get(id)?.done).map(({ id }) => id)
      log.info({ event: 'restore-settled', by, settled }, 'disagreements of restored databases were settled')
    }
    return report
  }

  return [
    handlerOf(restoreOperations.check, async (_input, context) => {
      const report = emptyReport()
      for await (const found of look(callOf(context))) add(report, found)
      return { body: report }
    }),
    handlerOf(restoreOperations.settle, async ({ body: { decisions } }, context) => {
      const { login } = requireRole(context.identity, ['ADMIN'], 'Must be an admin')
      const lock = await store.lock('restore-settle')
      if (!lock) throw failure('conflict', 'Somebody else settles at the moment. Check again when that is done.')
      try {
        return { body: await settle(callOf(context), decisions, login) }
      } finally {
        await lock.release()
      }
    }),
  ]
}

const emptyReport = (): RestoreReport => ({ agrees: true, total: 0, by_kind: {}, items: [] })

/** Counts all, and keeps the first ones. */
function add(
  report: RestoreReport,
  found: readonly Disagreement[],
  outcomes: ReadonlyMap<string, Outcome> = new Map(),
): void {
  report.agrees &&= found.every(({ id }) => outcomes.get(id)?.done)
  report.total += found.length
  for (const { kind } of found) report.by_kind[kind] = (report.by_kind[kind] ?? 0) + 1
  for (const { id, kind, things, says, settles, choices = [] } of found.slice(0, maxItems - report.items.length)) {
    report.items.push({
      id,
      kind,
      things: [...things],
      says,
      settles: settles ?? null,
      choices: choices.map(({ choice, does }) => ({ choice, does })),
      outcome: outcomes.get(id) ?? null,
    })
  }
}
