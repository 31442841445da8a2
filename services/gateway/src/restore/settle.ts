import type { Bus, CallOptions } from '@slipway/bus'
import {
  accountOperations,
  catalogRestoreOperations,
  coordinatorRestoreOperations,
  exporterRestoreOperations,
  type Operation,
  releaseOperations,
} from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { Disagreement, Step } from './disagreement.ts'
import { raiseAccountChanges, tellAccount, toldVersion } from './restore.store.ts'

export type Outcome = { readonly done: boolean; readonly detail: string | null }

export type SettleOptions = {
  readonly bus: Bus
  readonly store: Store
  /** On whose behalf. */
  readonly call: CallOptions
}

const settling = {
  coordinator: coordinatorRestoreOperations.settle,
  catalog: catalogRestoreOperations.settle,
  exporter: exporterRestoreOperations.settle,
} as const

/** Steps under way at the same time: a restore may leave thousands. */
const concurrency = 16

/**
 * Does what settles disagreements: their own steps, or those of the choice that was made; what several want is done once.
 * The outcome of each for which there was something to do; one that fails does not keep the others.
 */
export async function settleAll(
  options: SettleOptions,
  disagreements: readonly Disagreement[],
  decisions: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const waiting = disagreements.values()
  const begun = new Map<string, Promise<void>>()
  function takeOnce(step: Step): Promise<void> {
    const key = JSON.stringify([step.at, step.action, step.id])
    const taking = begun.get(key) ?? take(options, step)
    begun.set(key, taking)
    return taking
  }
  async function work() {
    for (const disagreement of waiting) {
      const outcome = await settleOne(takeOnce, disagreement, decisions[disagreement.id])
      if (outcome) outcomes.set(disagreement.id, outcome)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return outcomes
}

async function settleOne(
  takeOnce: (step: Step) => Promise<void>,
  { steps, choices = [] }: Disagreement,
  decision: string | undefined,
): Promise<Outcome | undefined> {
  const chosen = choices.find(({ choice }) => choice === decision)?.steps
  if (decision !== undefined && !chosen && !steps) return { done: false, detail: `There is no choice ${decision}.` }
  try {
    for (const step of chosen ?? steps ?? []) await takeOnce(step)
    return (chosen ?? steps) && { done: true, detail: null }
  } catch (error) {
    return { done: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

async function take({ bus, store, call }: SettleOptions, step: Step): Promise<void> {
  switch (step.at) {
    case 'release':
      if (step.action === 'publish') {
        const version = step.version ?? (await toldVersion(store, step.id))
        // Where the number is not free any more the release gets another one, which the catalog then learns as well.
        if (version) await bus.request(settling.coordinator, { action: 'keep-version', id: step.id, version }, call)
      }
      await bus.request(releaseOperations[step.action], { kf_id: step.id }, call)
      return
    case 'gateway': {
      if (step.action === 'raise-account-changes') {
        await raiseAccountChanges(store, Number(step.id))
        return
      }
      const account = await tellAccount(store, step.id)
      if (account) await bus.call(accountOperations.note, { account }, call)
      return
    }
    default: {
      const { at, ...input } = step
      await bus.request(settling[at] as Operation, input, call)
    }
  }
}
