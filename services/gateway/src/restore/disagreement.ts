import type { DisagreementKind } from '@slipway/contracts'

/** What one service is asked to do; the gateway's own steps have names of their own. */
export type Step =
  | {
      readonly at: 'coordinator' | 'catalog' | 'exporter'
      readonly action: string
      readonly id: string
      readonly release?: string
    }
  | {
      readonly at: 'release'
      readonly action: 'publish' | 'cancel'
      readonly id: string
      /** The number under which it was published before, if a service says it. */
      readonly version?: string | undefined
    }
  | { readonly at: 'gateway'; readonly action: 'raise-account-changes' | 'note-account'; readonly id: string }

export type Choice = { readonly choice: string; readonly does: string; readonly steps: readonly Step[] }

/** Where services do not agree. With steps it has one right answer; without, a person chooses. */
export type Disagreement = {
  readonly id: string
  readonly kind: DisagreementKind
  readonly things: readonly string[]
  readonly says: string
  readonly settles?: string
  readonly steps?: readonly Step[]
  readonly choices?: readonly Choice[]
}
