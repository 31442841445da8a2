import { setTimeout as delay } from 'node:timers/promises'
import type { Bus, CallOptions } from '@slipway/bus'
import {
  catalogRestoreOperations,
  coordinatorRestoreOperations,
  exporterRestoreOperations,
  type FactKind,
  failure,
  isFailure,
  registryRestoreOperations,
  type ServiceName,
} from '@slipway/contracts'
import type { FactPages } from './side-by-side.ts'

const services = {
  registry: registryRestoreOperations,
  coordinator: coordinatorRestoreOperations,
  catalog: catalogRestoreOperations,
  exporter: exporterRestoreOperations,
} as const
export type AskedService = Exclude<ServiceName, 'gateway'> & keyof typeof services

/** The facts of a kind that a service knows; with `of`, only those of these keys. */
export type FactsOf = (service: AskedService, kind: FactKind, of?: readonly string[]) => FactPages

/** Milliseconds that a service which restarts in the middle is waited for. */
const usualPatienceMs = 45_000
const pauseMs = 250

/**
 * Asks services for what they know, page by page.
 * @throws `unavailable` when one is away for longer than `patienceMs` (default 45,000), `bad_upstream` when one does not know
 *   the question
 */
export function factsOver(bus: Bus, call: CallOptions, patienceMs = usualPatienceMs): FactsOf {
  async function ask(service: AskedService, kind: FactKind, after: string, of?: readonly string[]) {
    const giveUpAt = performance.now() + patienceMs
    for (;;) {
      try {
        return await bus.call(services[service].facts, { kind, after, ...(of && { of: [...of] }) }, call)
      } catch (error) {
        if (isFailure(error, 'invalid', 'bad_upstream')) throw ofAnotherVersion(service, error)
        if (!isFailure(error, 'unavailable', 'busy', 'timeout')) throw error
        if (performance.now() >= giveUpAt) throw isAway(service, error)
      }
      await delay(pauseMs)
    }
  }

  return async function* (service, kind, of) {
    for (let after: string | null = ''; after !== null; ) {
      const page: Awaited<ReturnType<typeof ask>> = await ask(service, kind, after, of)
      yield page.facts
      after = page.next
    }
  }
}

const isAway = (service: AskedService, cause: unknown) =>
  failure(
    'unavailable',
    `The ${service} does not say what it knows: it is away, or older than this check. All five must run, in this version.`,
    { cause, retryAfter: 10 },
  )

const ofAnotherVersion = (service: AskedService, cause: unknown) =>
  failure('bad_upstream', `The ${service} does not understand what it is asked: it is of another version.`, { cause })
