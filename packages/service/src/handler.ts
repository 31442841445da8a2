import { createHash } from 'node:crypto'
import type { Answer, CallContext, OperationHandler, StreamedAnswer } from '@slipway/bus'
import { failure, isFailure, type Operation, type OutputOf, type ParsedInputOf, readRefusal } from '@slipway/contracts'
import { findCommand, type Store } from '@slipway/store'
import type { Metrics } from './metrics.ts'

/**
 * Ties a handler to its operation, with all types inferred. The handler of an operation with an audience is asked only
 * by those whom that admits; everybody else is refused here.
 */
export function handlerOf<Op extends Operation>(
  operation: Op,
  handle: (
    input: ParsedInputOf<Op>,
    context: CallContext,
    upload: AsyncIterable<Uint8Array>,
  ) => Promise<Answer<OutputOf<Op>> | StreamedAnswer>,
): OperationHandler {
  const { audience } = operation
  const admit: typeof handle = async (input, context, upload) => {
    const refusal = audience && readRefusal(audience, context.identity, context.service)
    if (refusal) throw refusal
    return handle(input, context, upload)
  }
  return { operation, handle: audience ? admit : handle } as unknown as OperationHandler
}

/** A write that must be done once: its id, and what it asked for. */
export type Command = { readonly id: string; readonly fingerprint: string }

/** The command behind a call, to be remembered in the transaction of its effect; undefined if the caller gave no id. */
export function commandOf(operation: Operation, input: unknown, context: CallContext): Command | undefined {
  if (!context.commandId) return undefined
  const text = `${operation.subject}\n${JSON.stringify(input)}`
  return { id: context.commandId, fingerprint: createHash('sha256').update(text).digest('base64url') }
}

/**
 * Wraps a handler of a write: when it fails and its command was done before, the first answer is given again. The same
 * id with another content is refused with `key_reused`. Callers without the right to write get no answer of others.
 */
export function remembering(store: Store, handler: OperationHandler): OperationHandler {
  if (handler.operation.effect !== 'write') return handler
  return {
    operation: handler.operation,
    handle: async (input, context, upload) => {
      try {
        return await handler.handle(input, context, upload)
      } catch (error) {
        if (!context.commandId || isFailure(error, 'unauthenticated', 'forbidden')) throw error
        // Whatever the error says: a change done before trips over its own traces, e.g. finds nothing left to delete.
        const done = await findCommand(store, context.commandId).catch(() => null)
        if (!done) throw error
        if (done.fingerprint !== commandOf(handler.operation, input, context)?.fingerprint) {
          throw failure('key_reused', 'The idempotency key was used for a different request.')
        }
        return {
          status: done.status,
          headers: done.headers,
          ...(done.body !== '' && { body: { raw: done.body } }),
        }
      }
    },
  }
}

/** Wraps a handler so that its duration and outcome are measured. */
export function measured(metrics: Metrics, handler: OperationHandler): OperationHandler {
  const { service, noun, verb } = handler.operation
  const name = `${service}.${noun}.${verb}`
  return {
    operation: handler.operation,
    handle: async (input, context, upload) => {
      const start = performance.now()
      let outcome = 'ok'
      try {
        return await handler.handle(input, context, upload)
      } catch (error) {
        outcome = isFailure(error) ? error.code : 'internal'
        throw error
      } finally {
        metrics.operation(name, outcome, (performance.now() - start) / 1000)
      }
    },
  }
}
