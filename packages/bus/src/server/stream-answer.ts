import { callerGone } from '../client/caller-gone.ts'
import type { Link } from '../connection/post.ts'
import { chunkBytesFor, readCredit } from '../stream/limits.ts'
import { startSender } from '../stream/sender.ts'
import type { StreamedAnswer } from '../types.ts'
import { answerLines } from '../wire/answer.ts'
import { encodeHeaders } from '../wire/headers.ts'
import { received } from '../wire/names.ts'
import type { CallState } from './call-state.ts'

/**
 * Sends a streamed answer. Status and headers go with its first message, so an error before the first chunk is still a
 * plain error. Resolves when all is sent, or when the caller wants no more; otherwise throws what ended the stream.
 */
export async function streamAnswer(
  link: Link,
  idleMs: number,
  answer: StreamedAnswer,
  credit: number,
  call: CallState,
  replyTo: string,
): Promise<void> {
  const { connection, inbox, deadlines } = link
  let begun = false
  let unwanted = false

  const control = inbox.open(({ data }, { code, values }) => {
    const cancelled = code === 503 && data.length === 0 ? 'The caller is gone.' : values.get(received.cancel)
    if (cancelled === undefined) return sender.grant(readCredit(values.get(received.credit)))
    unwanted = true
    call.abort(callerGone(cancelled))
  })
  const sender = startSender({
    source: answer.body,
    chunkBytes: chunkBytesFor(connection.maxPayload),
    credit,
    idleMs,
    deadlines,
    send(lines, chunk) {
      const head = begun ? '' : answerLines(answer, 200)
      // Each message names the control subject: the broker reports there when the caller has died.
      connection.publish(replyTo, chunk, encodeHeaders(head + lines), control)
      begun = true
      call.waitFor(Number.POSITIVE_INFINITY)
    },
  })
  call.signal.addEventListener('abort', () => sender.abort(call.signal.reason), { once: true })

  try {
    await sender.done
  } catch (error) {
    if (!unwanted) throw error
  } finally {
    inbox.close(control)
  }
}
