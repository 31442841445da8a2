import { failure, header, type InputOf, isFailure, type Operation } from '@slipway/contracts'
import { type Link, type Message, type Posted, post } from '../connection/post.ts'
import { type Control, controlMessages } from '../stream/control.ts'
import { chunkBytesFor, readCredit, windowChunks } from '../stream/limits.ts'
import type { StreamReceiver } from '../stream/receiver.ts'
import { type Sender, startSender } from '../stream/sender.ts'
import type { CallOptions, Reply } from '../types.ts'
import { encodeHeaders, headerLine } from '../wire/headers.ts'
import { encodeBody } from '../wire/json.ts'
import { received } from '../wire/names.ts'
import { callMessage, expectFlow } from './call-message.ts'
import { settleWhole } from './receive-answer.ts'

/**
 * Calls an operation that takes a stream. The time-out counts until the handler starts to read or answers, and again
 * from the last byte to the answer; in between the idle time holds. An answer that comes early ends the sending. If the
 * source fails, its error is thrown as it is.
 */
export function upload<Op extends Operation>(
  link: Link,
  idleMs: number,
  operation: Op,
  input: InputOf<Op>,
  source: AsyncIterable<Uint8Array>,
  options: CallOptions = {},
): Promise<Reply> {
  expectFlow(operation, 'streamed-request')
  return uploadTo(link, idleMs, uploadMessage(operation.subject, encodeBody(input), options), source)
}

/** The first message of a call that brings a stream. An answer that outgrows one message may be a stream as well. */
export const uploadMessage = (subject: string, body: Uint8Array, options: CallOptions): Message =>
  callMessage(subject, body, options, headerLine(header.chunk, 0) + headerLine(header.credit, windowChunks))

export function uploadTo(
  link: Link,
  idleMs: number,
  message: Message,
  source: AsyncIterable<Uint8Array>,
): Promise<Reply> {
  const { connection, deadlines } = link

  return new Promise((resolve, reject) => {
    let sender: Sender | undefined
    let control: Control | undefined
    let stopped = false
    let receiver: StreamReceiver | undefined

    function start(server: string, posted: Posted): Sender {
      posted.answered()
      control = controlMessages(connection, server, posted.replySubject)
      const started = startSender({
        source,
        chunkBytes: chunkBytesFor(connection.maxPayload),
        credit: 0,
        idleMs,
        deadlines,
        send: (lines, chunk) => connection.publish(server, chunk, encodeHeaders(lines), posted.replySubject),
      })
      started.done.then(
        () => {
          if (!stopped) posted.await()
        },
        error => {
          if (stopped) return
          posted.close()
          fail(error)
        },
      )
      return started
    }

    function stopSending() {
      stopped = true
      sender?.abort(failure('unavailable', 'Nobody takes the rest of the upload.'))
    }

    function fail(error: unknown) {
      stopSending()
      control?.cancel(isFailure(error) ? error.message : 'the source of the upload failed')
      reject(error)
    }

    post(
      link,
      message,
      (answer, headers, posted) => {
        if (receiver) return receiver.accept(answer, headers)
        const credit = headers.values.get(received.credit)
        if (credit !== undefined && answer.reply) {
          sender ??= start(answer.reply, posted)
          return sender.grant(readCredit(credit))
        }
        stopSending()
        // The handler reads no more, its answer is still to come.
        if (headers.values.has(received.cancel)) return posted.await()
        receiver = settleWhole(link, idleMs, answer, headers, posted, { resolve, reject })
      },
      error => (receiver ? receiver.fail(error) : fail(error)),
    )
  })
}
