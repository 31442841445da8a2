import type { Queryable, Store } from '@slipway/store'
import type { Logger } from 'pino'
import type { Database } from '../database.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { type DueCommand, finishCommand, type Postponement, postponeCommand, type Settlement } from './command.store.ts'

export type ConcludeOptions = {
  /** Why it did not succeed. */
  readonly error?: string
  /** Settles the command in another way than by finishing it. */
  readonly how?: (tx: Queryable) => Promise<Settlement>
  /** What else follows, as it is once the command is settled and the release is locked. */
  readonly more?: (tx: Queryable) => Promise<ReleaseCommand>
  /** Runs in the same transaction, after the release was written. */
  readonly finish?: (tx: Queryable) => Promise<void>
}

/** Settles commands; one that is another process's by now is left to that, and nothing follows from this outcome. */
export type Settle = {
  /** Finishes the command and writes what follows from it for its release, in one transaction. */
  conclude(command: DueCommand, commands: readonly ReleaseCommand[], options?: ConcludeOptions): Promise<void>
  postpone(command: DueCommand, postponement: Postponement): Promise<void>
}

export type SettleOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
  /** Another command has waited for the end of this one. */
  readonly onFree: () => void
  readonly log: Logger
}

export function createSettle({ store, changes, onFree, log }: SettleOptions): Settle {
  function goOn({ id, action }: DueCommand, settlement: Settlement): void {
    if (!settlement) log.warn({ command: id, action }, 'a command was settled by another process meanwhile')
    else if (settlement.waited) onFree()
  }

  return {
    async conclude(command, commands, { error, how, more, finish } = {}) {
      let settlement: Settlement
      await changes.submit(command.release, {
        commands,
        actor: systemActor,
        async guard(tx) {
          settlement = await (how ? how(tx) : finishCommand(tx, command, error))
          if (!settlement) return false
          return more ? [...commands, await more(tx)] : true
        },
        ...(finish && { finish }),
      })
      goOn(command, settlement)
    },
    async postpone(command, postponement) {
      goOn(command, await postponeCommand(store, command, postponement))
    },
  }
}

/** Author of what the platform does by itself. */
export const systemActor = 'system'
