import type { Msg } from '@nats-io/nats-core'
import { type EventEnvelope, eventEnvelopeSchema, parseExact, subjectOfEvent } from '@slipway/contracts'
import type { Logger } from 'pino'
import { type Deadline, type Deadlines, monotonic } from '../connection/deadlines.ts'
import { text } from '../wire/json.ts'
import { readDeliveryInfo } from './delivery-info.ts'
import type { WholeConsumeOptions } from './event-source.ts'
import type { Receipts } from './receipts.ts'

export type DeliveryOptions = Pick<
  WholeConsumeOptions,
  'handle' | 'deadLetter' | 'attempts' | 'backoffMs' | 'ackWaitMs'
> & {
  readonly consumer: string
  readonly receipts: Receipts
  readonly deadlines: Deadlines
  readonly log: Logger
}

/** Deals with one delivery; `triesBefore` are attempts at the same delivery that the server has not counted. */
export type DealWithDelivery = (message: Msg, triesBefore?: number) => Promise<void>

/** Makes the function that deals with one delivery: handled, delivered again later, or a dead letter. It never rejects. */
export function deliveryHandler(options: DeliveryOptions): DealWithDelivery {
  const { consumer, attempts, backoffMs, ackWaitMs, receipts, deadlines, log } = options
  /** Why events failed that will come again, for the letter if they die. */
  const reasons = new Map<number, string>()

  function remember(streamSequence: number, reason: string) {
    reasons.set(streamSequence, reason)
    // Another replica may have settled the oldest long ago.
    const [oldest] = reasons.size > 1_000 ? reasons.keys() : []
    if (oldest !== undefined) reasons.delete(oldest)
  }

  return async (message, triesBefore = 0) => {
    const info = readDeliveryInfo(message.reply)
    if (!info) return log.error({ subject: message.subject }, 'a message without a receipt subject is no delivery')
    const { streamSequence } = info
    const attempt = info.attempt + triesBefore
    const receipt = message.reply as string
    const about = { consumer, subject: message.subject, streamSequence, attempt }
    const payload = text(message.data)
    const keepAlive: Deadline = {
      dueAt: monotonic() + ackWaitMs / 3,
      due(now) {
        keepAlive.dueAt = now + ackWaitMs / 3
        receipts.working(receipt)
      },
    }

    function again() {
      receipts.again(receipt, Math.max(1, backoffMs[Math.min(attempt, backoffMs.length) - 1] ?? 0))
    }

    async function bury(error: string) {
      try {
        await options.deadLetter({
          consumer,
          subject: message.subject,
          streamSequence,
          attempts: attempt,
          payload,
          error,
        })
        log.error({ ...about, reason: error }, 'event moved to the dead letters')
        receipts.terminate(receipt)
        reasons.delete(streamSequence)
      } catch (cause) {
        log.error({ ...about, err: cause }, 'a dead letter could not be stored; the event will come again')
        again()
      }
    }

    async function deal() {
      const event = readEvent(payload, message.subject)
      if (typeof event === 'string') return bury(event)
      // Attempts that were never reported: the process died in the middle of them.
      if (attempt > attempts) return bury(reasons.get(streamSequence) ?? 'no attempt came to its end')
      try {
        await options.handle(event, { subject: message.subject, attempt, streamSequence })
        receipts.acknowledge(receipt)
        reasons.delete(streamSequence)
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        remember(streamSequence, reason)
        if (attempt >= attempts) return bury(reason)
        log.warn({ ...about, err: cause }, 'event not handled; it will come again')
        again()
      }
    }

    deadlines.add(keepAlive)
    try {
      await deal()
    } finally {
      deadlines.delete(keepAlive)
    }
  }
}

/**
 * The event, or what is wrong with it. Whoever may read a consumer can have JetStream send an event of the past, or an
 * answer, to the subject of another event, where the stream takes it: an event counts under its own subject only.
 */
export function readEvent(payload: string, subject: string): EventEnvelope | string {
  let content: unknown
  try {
    content = parseExact(payload)
  } catch {
    return 'not an event: the message is no JSON'
  }
  const envelope = eventEnvelopeSchema.safeParse(content)
  if (envelope.success) {
    const event = content as EventEnvelope
    return subjectOfEvent(event) === subject ? event : `not an event: ${event.type} was sent to ${subject}`
  }
  const wrong = envelope.error.issues.map(issue => `${issue.path.join('.') || 'message'}: ${issue.message}`)
  return `not an event: ${wrong.join('; ')}`
}
