import { failure, header, type InputOf, isFailure, type Operation } from '@slipway/contracts'
import { type Link, type Posted, post } from '../connection/post.ts'
import { type Control, controlMessages } from '../stream/control.ts'
import { chunkBytesFor, readCredit } from '../stream/limits.ts'
import { type Sender, startSender } from '../stream/sender.ts'
import type { CallOptions, Reply } from '../types.ts'
import { readReply } from '../wire/answer.ts'
import { encodeHeaders, headerLine } from '../wire/headers.ts'
import { encodeBody } from '../wire/json.ts'
import { received } from '../wire/names.ts'
import { callMessage, expectFlow } from './calls.ts'

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
  const { connection, deadlines } = link
  const message = callMessage(operation.subject, encodeBody(input), options, headerLine(header.chunk, 0))

  return new Promise((resolve, reject) => {
    let sender: Sender | undefined
    let control: Control | undefined
    let stopped = false

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
        const credit = headers.values.get(received.credit)
        if (credit !== undefined && answer.reply) {
          sender ??= start(answer.reply, posted)
          return sender.grant(readCredit(credit))
        }
        stopSending()
        // The handler reads no more, its answer is still to come.
        if (headers.values.has(received.cancel)) return posted.await()
        posted.close()
        try {
          resolve(readReply(answer, headers))
        } catch (error) {
          reject(error)
        }
      },
      fail,
    )
  })
}
