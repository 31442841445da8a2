import type { CallContext, CallOptions, OperationHandler } from '@slipway/bus'
import {
  actorOf,
  type EventEnvelope,
  eventEnvelopeSchema,
  parseExact,
  type ServiceName,
  serviceOperations,
} from '@slipway/contracts'
import {
  discardDeadLetter,
  listDeadLetters,
  recordedEvents,
  replayDeadLetter,
  republish,
  type Store,
  type StoredDeadLetter,
  showDeadLetter,
} from '@slipway/store'
import type { Followed } from './definition.ts'
import { handlerOf } from './handler.ts'
import { requireRole } from './rights.ts'

export type OwnConsumers = {
  handleAgain(consumer: string, event: EventEnvelope): Promise<void>
  catchUp(consumer: string, followed: Followed, call: CallOptions): Promise<void>
}

/** The operations that every service answers about itself: dead letters, kept events, and consumers that catch up. */
export function ownOperations(service: ServiceName, store: Store, consumers: OwnConsumers): OperationHandler[] {
  const operations = serviceOperations(service)
  const { deadLetters, deadLetter, replay, discard, recorded, catchUp, republish: sendAgain } = operations
  const administrator = ({ identity }: CallContext) => actorOf(requireRole(identity, ['ADMIN'], 'Must be an admin'))

  return [
    handlerOf(deadLetters, async ({ consumer, state, limit, before }) => {
      const filter = { limit, ...(consumer && { consumer }), ...(state && { state }), ...(before && { before }) }
      const letters = await listDeadLetters(store, filter)
      return { body: { results: letters.map(summaryOf) } }
    }),
    handlerOf(deadLetter, async ({ id }) => {
      const letter = await showDeadLetter(store, id)
      return { body: { ...summaryOf(letter), payload: letter.payload } }
    }),
    handlerOf(replay, async ({ id }, context) => {
      const letter = await replayDeadLetter(store, id, administrator(context), ({ consumer, payload }) =>
        consumers.handleAgain(consumer, eventEnvelopeSchema.parse(parseExact(payload)) as EventEnvelope),
      )
      return { body: summaryOf(letter) }
    }),
    handlerOf(discard, async ({ id }, context) => ({
      body: summaryOf(await discardDeadLetter(store, id, administrator(context))),
    })),
    handlerOf(recorded, async filter => ({
      body: { events: await recordedEvents(store, `/slipway/${service}`, filter) },
    })),
    handlerOf(catchUp, async ({ consumer, ...followed }, { traceparent, signal }) => {
      await consumers.catchUp(consumer, followed, { traceparent, signal })
      return {}
    }),
    handlerOf(sendAgain, async ({ since, aggregate }, context) => {
      administrator(context)
      const filter = { ...(since && { since: new Date(since) }), ...(aggregate && { aggregate }) }
      return { body: { events: await republish(store, filter) } }
    }),
  ]
}

function summaryOf(letter: StoredDeadLetter) {
  return {
    id: letter.id,
    consumer: letter.consumer,
    subject: letter.subject,
    event_id: letter.eventId,
    stream_sequence: letter.streamSequence,
    attempts: letter.attempts,
    error: letter.error,
    dead_at: letter.deadAt,
    state: letter.state,
    state_at: letter.stateAt,
    state_by: letter.stateBy,
  }
}
