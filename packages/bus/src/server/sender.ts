import type { Msg } from '@nats-io/nats-core'
import type { EncodedHeaders, Headers } from '../wire/headers.ts'
import { encodeHeaders, headerLine } from '../wire/headers.ts'

/*
 * What the broker's permissions cannot say. They hold for the subject of a message and not for its reply subject, so that
 * whoever may ask JetStream or an operation has the answer sent wherever he likes: answers of JetStream, the events that a
 * consumer delivers, heartbeats, and answers of services, each under the permissions of who answers.
 */

/**
 * True for a message that asks for an answer at an inbox. Answers go nowhere else: an answer on the subject of another
 * operation would be a call of its own. What JetStream sends has no reply subject, or one that begins with `$JS.`.
 */
export const asksForAnswer = ({ reply }: Pick<Msg, 'reply'>): boolean => reply?.startsWith('_INBOX.') ?? false

const mark = 'Slipway-Broadcast'

/** Of the messages that replicas tell each other. Nothing that the broker or a service answers has it, and no event. */
export const broadcastHeaders: EncodedHeaders | undefined = encodeHeaders(headerLine(mark, '1'))

export const isBroadcast = ({ values }: Headers): boolean => values.has(mark.toLowerCase())
