import type { Msg } from '@nats-io/nats-core'
import { header, type InputOf, type Operation } from '@slipway/contracts'
import { type Link, post } from '../connection/post.ts'
import { controlMessages } from '../stream/control.ts'
import { windowChunks } from '../stream/limits.ts'
import { createReceiver, type StreamReceiver } from '../stream/receiver.ts'
import type { CallOptions, StreamedReply } from '../types.ts'
import { readAnswerHead } from '../wire/answer.ts'
import { readFailure } from '../wire/failure.ts'
import { type Headers, headerLine } from '../wire/headers.ts'
import { encodeBody } from '../wire/json.ts'
import { received } from '../wire/names.ts'
import { callerGone } from './caller-gone.ts'
import { callMessage, expectFlow } from './calls.ts'

/**
 * Calls an operation that answers with a stream. The time-out ends with the first message, which brings status, headers
 * and the first chunk; from then on the idle time holds. The caller's signal ends the stream at any time.
 */
export function openStream<Op extends Operation>(
  link: Link,
  idleMs: number,
  operation: Op,
  input: InputOf<Op>,
  options: CallOptions = {},
): Promise<StreamedReply> {
  expectFlow(operation, 'streamed-answer')
  const message = callMessage(operation.subject, encodeBody(input), options, headerLine(header.credit, windowChunks))

  return new Promise((resolve, reject) => {
    let receiver: StreamReceiver | undefined

    post(
      link,
      message,
      (answer, headers, posted) => {
        if (receiver) return receiver.accept(answer, headers)
        const error = readFailure(answer, headers)
        if (error || !answer.reply || !isStream(headers)) {
          posted.close()
          return error ? reject(error) : resolve(wholeAnswer(answer, headers))
        }
        posted.answered()
        const stream = createReceiver({
          granted: windowChunks,
          idleMs,
          deadlines: link.deadlines,
          ...controlMessages(link.connection, answer.reply, posted.replySubject),
          closed: () => posted.close(),
        })
        receiver = stream
        stream.accept(answer, headers)
        resolve({
          ...readAnswerHead(headers, 200),
          body: stream.body,
          cancel: reason => stream.fail(callerGone(reason ?? 'The caller cancelled the stream.')),
        })
      },
      error => (receiver ? receiver.fail(error) : reject(error)),
    )
  })
}

function isStream({ values }: Headers): boolean {
  return values.has(received.chunk) || values.has(received.end)
}

/** Handlers may answer without a stream, e.g. with a status that has no body. */
function wholeAnswer(message: Msg, headers: Headers): StreamedReply {
  const bytes = message.data
  return {
    ...readAnswerHead(headers, bytes.length === 0 ? 204 : 200),
    body: once(bytes),
    cancel() {},
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
