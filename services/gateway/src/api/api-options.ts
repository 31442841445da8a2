import type { Bus, CallOptions } from '@slipway/bus'
import type { Operation } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import { commandIdOf } from '../http/command-id.ts'
import { traceparentOf } from '../http/trace.ts'
import type { Authenticator, Caller } from '../identity/authenticator.ts'

/** What every API of the gateway works with. */
export type ApiOptions = {
  readonly bus: Bus
  readonly authenticator: Authenticator
  /** Address of the platform as this client reaches it, without a slash at its end. */
  readonly baseUrlOf: (request: FastifyRequest) => string
  /** Gets what was answered with 500 or more. */
  readonly logError: (error: unknown, request: FastifyRequest) => void
}

/** Milliseconds until a caller hears that the answer did not come in time. */
export type CallLimits = { readonly readMs: number; readonly writeMs: number }

/**
 * How an operation is called for a request: by whom, within which trace and time; a write under an idempotency key, so
 * that its repetition is answered and not done again.
 * @throws `malformed` for a `Host` that is none
 */
export async function callOptions(
  { baseUrlOf }: Pick<ApiOptions, 'baseUrlOf'>,
  request: FastifyRequest,
  caller: Caller | null,
  { effect }: Pick<Operation, 'effect'>,
  { readMs, writeMs }: CallLimits,
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
