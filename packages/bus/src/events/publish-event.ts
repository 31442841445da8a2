import { type EventEnvelope, type EventType, eventStream, eventSubject, failure, isFailure } from '@slipway/contracts'
import { exchange, type Link } from '../connection/post.ts'
import { encodeHeaders, headerLine } from '../wire/headers.ts'
import { decodeJson } from '../wire/json.ts'
import { fitEvent } from './fit-event.ts'
import { transient, withRetries } from './retries.ts'

/** What the stream answers to a message. */
type Acknowledgement = {
  readonly stream?: string
  readonly seq?: number
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string }
}

const attemptTimeoutMs = 2_500
const pausesMs = [100, 250, 500, 1_000, 2_000]

/**
 * Publishes an event and waits until the stream has it: six attempts in up to 19 s, which outlasts a restart of the
 * broker. All have one message id, so an attempt whose answer was lost leaves no second copy. Long texts in the
 * data of an event that is larger than one message are cut. Throws `unavailable` or `timeout` in the end.
 */
export async function publishEvent(
  link: Link,
  type: Pick<EventType, 'noun' | 'verb'>,
  event: EventEnvelope,
  messageId = event.id,
): Promise<void> {
  const headers = encodeHeaders(headerLine('Nats-Msg-Id', messageId) + headerLine('Nats-Expected-Stream', eventStream))
  const message = {
    subject: eventSubject(type as EventType, event.subject),
    body: fitEvent(event, link.connection.maxPayload - (headers?.bytes.length ?? 0)),
    headers,
    timeoutMs: attemptTimeoutMs,
  }
  await withRetries(pausesMs, transient, async () => {
    const { message: answer } = await exchange(link, message)
    checkAcknowledgement(answer.data)
  })
}

/** Somebody else who listens on the subject might answer, too: only the stream's own words count. */
function checkAcknowledgement(bytes: Uint8Array) {
  const { stream, seq, error } = readAcknowledgement(bytes)
  if (error) {
    const code = error.code >= 500 ? 'unavailable' : 'internal'
    throw failure(code, `The event stream refused an event: ${error.description} (${error.err_code}).`)
  }
  if (stream !== eventStream || seq === undefined) throw failure('unavailable', 'The event stream gave no receipt.')
}

function readAcknowledgement(bytes: Uint8Array): Acknowledgement {
  try {
    return Object(decodeJson(bytes)) as Acknowledgement
  } catch (error) {
    if (isFailure(error)) return {}
    throw error
  }
}
