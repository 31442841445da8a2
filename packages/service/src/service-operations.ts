import type { CallContext, OperationHandler } from '@slipway/bus'
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
import { handlerOf } from './handler.ts'
import { requireRole } from './rights.ts'

/** The operations that every service answers about itself: dead letters, and sending kept events again. */
export function ownOperations(
  service: ServiceName,
  store: Store,
  handleAgain: (consumer: string, event: EventEnvelope) => Promise<void>,
): OperationHandler[] {
  const { deadLetters, deadLetter, replay, discard, recorded, republish: sendAgain } = serviceOperations(service)
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
        handleAgain(consumer, eventEnvelopeSchema.parse(parseExact(payload)) as EventEnvelope),
      )
      return { body: summaryOf(letter) }
    }),
    handlerOf(discard, async ({ id }, context) => ({
      body: summaryOf(await discardDeadLetter(store, id, administrator(context))),
    })),
    handlerOf(recorded, async ({ noun, aggregate }) => ({
      body: { events: await recordedEvents(store, `/slipway/${service}`, noun, aggregate) },
    })),
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
