import type { Msg } from '@nats-io/nats-core'
import { failure, isFailure } from '@slipway/contracts'
import { monotonic } from '../connection/deadlines.ts'
import type { Link } from '../connection/post.ts'
import { maxWholeAnswerBytes, maxWholeRequestBytes, readCredit, wholeRequestMs } from '../stream/limits.ts'
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
import { smallBytes } from './room.ts'
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
  const call = new CallState(headers, deadlines, endpoint.room)

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
    call.leaveRoom()
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
    replyWhole(link, idleMs, answer, credit, call, replyTo)
  // A request that outgrows one message comes as a stream, too.
  if (endpoint.flow === 'streamed-request' || (endpoint.flow === 'unary' && values.has(received.chunk))) {
    if (!values.has(received.chunk)) throw failure('malformed', 'The call announces no stream.')
    const isWhole = endpoint.flow === 'unary'
    // How much will come is not known, and until there is room for it, it stays with whoever sends it.
    if (isWhole) await call.takeRoom(maxWholeRequestBytes)
    const upload = receiveUpload(link, idleMs, call, replyTo, isWhole ? wholeRequestMs : undefined)
    try {
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
  if (data.length > smallBytes) await call.takeRoom(data.length)
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
 * take one; so does one that its handler makes piece by piece.
 */
async function replyWhole(
  link: Link,
  idleMs: number,
  answer: Answer<unknown> | StreamedAnswer,
  credit: number,
  call: CallState,
  replyTo: string,
): Promise<void> {
  const limit = link.connection.maxPayload
  if (isStreamed(answer)) {
    if (credit > 0) return streamAnswer(link, idleMs, answer, credit, call, replyTo)
    return replyWhole(link, idleMs, { ...answer, body: await oneMessageOf(answer.body, limit) }, credit, call, replyTo)
  }
  const encoded = encodeAnswer(answer)
  call.leaveRoom()
  const size = encoded.body.length + (encoded.headers?.bytes.length ?? 0)
  if (size <= limit) return reply(link, replyTo, encoded)
  if (credit === 0 || encoded.body.length > maxWholeAnswerBytes) throw outgrown(`${size} bytes`, limit)
  return streamAnswer(link, idleMs, { ...answer, body: once(encoded.body) }, credit, call, replyTo)
}

async function oneMessageOf(pieces: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  try {
    return await wholeOf(pieces, limit)
  } catch (cause) {
    throw isFailure(cause, 'too_large') ? outgrown('many bytes', limit) : cause
  }
}

const outgrown = (size: string, limit: number) =>
  failure('internal', `The answer has ${size}, more than the ${limit} of one message.`)

/** Only faults of the platform itself; other errors are answers. */
function report({ connection }: Link, { subject }: Endpoint, call: CallState, error: unknown) {
  if (isFailure(error) && error.code !== 'internal') return
  connection.log.error({ err: error, subject, traceId: traceId(call.traceparent) }, 'a call failed unexpectedly')
}
