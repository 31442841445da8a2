import type { Bus, CallOptions } from '@slipway/bus'
import type { Operation } from '@slipway/contracts'
import type { TellFollower } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { FastifyRequest } from 'fastify'
import { commandIdOf } from '../http/command-id.ts'
import { traceparentOf } from '../http/trace.ts'
import type { Authenticator, Caller } from '../identity/authenticator.ts'

export type SourceExportsOptions = {
  readonly bus: Bus
  /** Of the gateway: accounts and their tokens. */
  readonly store: Store
  readonly authenticator: Authenticator
  /** Called after accounts or tokens changed. */
  readonly announceChange: () => Promise<void>
  /** Has the catalog show at once what an account is by now. */
  readonly showAccount: TellFollower
  readonly baseUrlOf: (request: FastifyRequest) => string
  /** Told of what was answered with 500 or more. */
  readonly logError: (error: unknown, request: FastifyRequest) => void
}

const readMs = 15_000
/** Freezing a large source takes its time. */
const writeMs = 60_000

/** How an operation is called for a request. */
export async function callOptions(
  { baseUrlOf }: Pick<SourceExportsOptions, 'baseUrlOf'>,
  request: FastifyRequest,
  caller: Caller | null,
  { effect }: Pick<Operation, 'effect'>,
): Promise<CallOptions> {
  const isWrite = effect === 'write'
  return {
    identity: await caller?.identityToken(),
    baseUrl: baseUrlOf(request),
    traceparent: traceparentOf(request),
    timeoutMs: isWrite ? writeMs : readMs,
    commandId: isWrite ? commandIdOf(request, caller?.identity ?? null) : undefined,
  }
}
