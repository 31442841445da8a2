import { failure } from '@slipway/contracts'
import { type Deadline, monotonic } from '../connection/deadlines.ts'
import type { Link } from '../connection/post.ts'
import { controlMessages } from '../stream/control.ts'
import { createReceiver, type StreamReceiver } from '../stream/receiver.ts'
import type { CallState } from './call-state.ts'

export type Upload = { readonly body: AsyncIterable<Uint8Array>; close(): void }

/** The upload of operations that take none. */
export const noUpload: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} }

/**
 * The bytes that come with a call. Nothing is sent before the handler reads, so that a refusal costs no transfer; while
 * bytes flow the call has no deadline, unless all of them must be there after `wholeMs`.
 */
export function receiveUpload(
  link: Link,
  idleMs: number,
  call: CallState,
  replyTo: string,
  wholeMs = Number.POSITIVE_INFINITY,
): Upload {
  const { connection, inbox, deadlines } = link
  const subject = inbox.open((message, headers) => receiver.accept(message, headers))
  const control = controlMessages(connection, replyTo, subject)
  const whole: Deadline = {
    dueAt: monotonic() + wholeMs,
    due: () => receiver.fail(failure('timeout', `The body was not there after ${wholeMs} ms.`)),
  }
  deadlines.add(whole)
  const receiver: StreamReceiver = createReceiver({
    granted: 0,
    idleMs,
    deadlines,
    grant(chunks) {
      call.waitFor(Number.POSITIVE_INFINITY)
      control.grant(chunks)
    },
    cancel: control.cancel,
    closed(error) {
      inbox.close(subject)
      deadlines.delete(whole)
      if (error) call.abort(error)
      else call.waitFor(call.timeoutMs)
    },
  })
  return {
    body: receiver.body,
    close: () => receiver.fail(failure('unavailable', 'The call has been answered; the rest of its upload is gone.')),
  }
}
