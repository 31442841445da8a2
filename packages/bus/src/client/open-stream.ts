import type { Msg } from '@nats-io/nats-core'
import { header, type InputOf, type Operation } from '@slipway/contracts'
import { type Link, post } from '../connection/post.ts'
import { windowChunks } from '../stream/limits.ts'
import type { StreamReceiver } from '../stream/receiver.ts'
import { once } from '../stream/whole.ts'
import type { CallOptions, StreamedReply } from '../types.ts'
import { readAnswerHead } from '../wire/answer.ts'
import { readFailure } from '../wire/failure.ts'
import { type Headers, headerLine } from '../wire/headers.ts'
import { encodeBody } from '../wire/json.ts'
import { callMessage, expectFlow } from './call-message.ts'
import { callerGone } from './caller-gone.ts'
import { beginsStream, receiveAnswer } from './receive-answer.ts'

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
        if (error || !beginsStream(answer, headers)) {
          posted.close()
          return error ? reject(error) : resolve(shortAnswer(answer, headers))
        }
        const stream = receiveAnswer(link, idleMs, answer, headers, posted)
        receiver = stream
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

/** Handlers may answer without a stream, e.g. with a status that has no body. */
function shortAnswer(message: Msg, headers: Headers): StreamedReply {
  const bytes = message.data
  return {
    ...readAnswerHead(headers, bytes.length === 0 ? 204 : 200),
    body: once(bytes),
    cancel() {},
  }
}
