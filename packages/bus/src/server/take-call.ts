import type { Msg } from '@nats-io/nats-core'
import { failure, isFailure } from '@slipway/contracts'
import { monotonic } from '../connection/deadlines.ts'
import type { Link } from '../connection/post.ts'
import { maxWholeAnswerBytes, maxWholeRequestBytes, readCredit } from '../stream/limits.ts'
import { once, wholeOf } from '../stream/whole.ts'
import { traceId } from '../trace.ts'
import type { Answer, StreamedAnswer } from '../types.ts'
import { encodeAnswer } from '../wire/answer.ts'
import type { Encoded } from '../wire/encoded.ts'
import { encodeFailure } from '../wire/failure.ts'
import { type Headers, readHeaders } from '../wire/headers.ts'
import { received } from '../wire/names.ts'
import { CallState } from './call-state.ts'
import { type Endpoint, isStreamed } from './endpoint.ts'
import { noUpload, receiveUpload } from './receive-upload.ts'
import { asksForAnswer } from './sender.ts'
import { countCall } from './statistics.ts'
import { streamAnswer } from './stream-answer.ts'

/** Takes one call from the broker: into the endpoint's gate, or back with `busy`. */
export function takeCall(link: Link, idleMs: number, endpoint: Endpoint, message: Msg) {
  const { connection, deadlines } = link
  const { reply: replyTo = '' } = message
  // Not louder: anybody who may make a consumer can cause as many of these as he likes.
  if (!asksForAnswer(message)) return connection.log.debug({ subject: endpoint.subject, replyTo }, 'not a call')
  const headers = readHeaders(message)
  const call = new CallState(headers, deadlines)

  const entered = endpoint.gate.enter(async () => {
    const startedAt = monotonic()
    let error: unknown
    // Nobody would read the answer of a call that waited too long, so none is made.
    if (call.late) error = failure('timeout', 'The call waited in line until its caller had given up.')
    else {
      try {
        await answerCall(link, idleMs, endpoint, message, headers, call)
      } catch (cause) {
        error = cause
        report(link, endpoint, call, cause)
        reply(link, replyTo, encodeFailure(cause, connection.maxPayload))
      }
    }
    call.end()
    countCall(endpoint.statistics, monotonic() - startedAt, error)
  })
  if (entered) return
  const busy = failure('busy', 'Every instance has as much work as it may take.', { retryAfter: 1 })
  reply(link, replyTo, encodeFailure(busy))
  countCall(endpoint.statistics, 0, busy)
}

async function answerCall(
  link: Link,
  idleMs: number,
  endpoint: Endpoint,
  { data, reply: replyTo = '' }: Msg,
  { values }: Headers,
  call: CallState,
): Promise<void> {
  for (const [name, value] of values) {
    if (value.includes('\0')) throw failure('malformed', `The header ${name} has null characters.`)
  }
  const credit = readCredit(values.get(received.credit))
  const answerWhole = (answer: Answer<unknown> | StreamedAnswer) =>
    replyWhole(link, idleMs, endpoint, answer, credit, call, replyTo)
  // A request that outgrows one message comes as a stream, too.
  if (endpoint.flow === 'streamed-request' || (endpoint.flow === 'unary' && values.has(received.chunk))) {
    if (!values.has(received.chunk)) throw failure('malformed', 'The call announces no stream.')
    const upload = receiveUpload(link, idleMs, call, replyTo)
    try {
      const isWhole = endpoint.flow === 'unary'
      const body = isWhole ? await wholeOf(upload.body, maxWholeRequestBytes) : data
      await answerWhole(await endpoint.work(body, call, isWhole ? noUpload : upload.body))
    } finally {
      call.end()
      upload.close()
    }
    return
  }

  if (endpoint.flow === 'streamed-answer' && credit === 0) {
    throw failure('malformed', 'The call grants no credit for the stream that answers it.')
  }
  const answer = await endpoint.work(data, call, noUpload)
  if (endpoint.flow === 'streamed-answer' && isStreamed(answer)) {
    return streamAnswer(link, idleMs, answer, credit, call, replyTo)
  }
  await answerWhole(answer)
}

function reply({ connection }: Link, replyTo: string, { body, headers }: Encoded) {
  connection.tell(replyTo, body, headers)
}

/**
 * The broker ends the connection of a client that sends too much, so a large answer goes as a stream, to callers who can
 * take one.
 */
async function replyWhole(
  link: Link,
  idleMs: number,
  { subject, flow }: Endpoint,
  answer: Answer<unknown> | StreamedAnswer,
  credit: number,
  call: CallState,
  replyTo: string,
): Promise<void> {
  if (isStreamed(answer)) throw new TypeError(`${subject} is ${flow} and may not answer with a stream`)
  const encoded = encodeAnswer(answer)
  const size = encoded.body.length + (encoded.headers?.bytes.length ?? 0)
  const limit = link.connection.maxPayload
  if (size <= limit) return reply(link, replyTo, encoded)
  if (credit === 0 || encoded.body.length > maxWholeAnswerBytes) {
    throw failure('internal', `The answer has ${size} bytes, more than the ${limit} of one message.`)
  }
  return streamAnswer(link, idleMs, { ...answer, body: once(encoded.body) }, credit, call, replyTo)
}

/** Only faults of the platform itself; other errors are answers. */
function report({ connection }: Link, { subject }: Endpoint, call: CallState, error: unknown) {
  if (isFailure(error) && error.code !== 'internal') return
  connection.log.error({ err: error, subject, traceId: traceId(call.traceparent) }, 'a call failed unexpectedly')
}
