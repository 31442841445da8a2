import type { Msg } from '@nats-io/nats-core'
import type { Link, Posted } from '../connection/post.ts'
import { controlMessages } from '../stream/control.ts'
import { maxWholeAnswerBytes, windowChunks } from '../stream/limits.ts'
import { createReceiver, type StreamReceiver } from '../stream/receiver.ts'
import { wholeOf } from '../stream/whole.ts'
import type { Reply } from '../types.ts'
import { readAnswerHead, readReply } from '../wire/answer.ts'
import type { Headers } from '../wire/headers.ts'
import { received } from '../wire/names.ts'

/** Whether a message begins an answer that comes as a stream. */
export const beginsStream = ({ reply }: Msg, { values }: Headers): boolean =>
  Boolean(reply) && (values.has(received.chunk) || values.has(received.end))

/** Takes the stream that this message begins; it is posted until its end. */
export function receiveAnswer(
  link: Link,
  idleMs: number,
  first: Msg,
  headers: Headers,
  posted: Posted,
): StreamReceiver {
  posted.answered()
  const stream = createReceiver({
    granted: windowChunks,
    idleMs,
    deadlines: link.deadlines,
    ...controlMessages(link.connection, first.reply as string, posted.replySubject),
    closed: () => posted.close(),
  })
  stream.accept(first, headers)
  return stream
}

/** Who waits for an answer in one piece. */
export type Waiting = { readonly resolve: (reply: Reply) => void; readonly reject: (error: unknown) => void }

/**
 * Gives an answer to whoever waits for it: the message itself, or all of the stream that it begins, to whose receiver the
 * messages that follow must go.
 */
export function settleWhole(
  link: Link,
  idleMs: number,
  answer: Msg,
  headers: Headers,
  posted: Posted,
  { resolve, reject }: Waiting,
): StreamReceiver | undefined {
  if (beginsStream(answer, headers)) {
    const receiver = receiveAnswer(link, idleMs, answer, headers, posted)
    wholeOf(receiver.body, maxWholeAnswerBytes)
      .then(body => ({ ...readAnswerHead(headers, 200), body }))
      .then(resolve, reject)
    return receiver
  }
  posted.close()
  try {
    resolve(readReply(answer, headers))
  } catch (error) {
    reject(error)
  }
  return undefined
}
