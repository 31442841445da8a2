import type { Msg } from '@nats-io/nats-core'
import { failure, type SlipwayError } from '@slipway/contracts'
import type { EncodedHeaders, Headers } from '../wire/headers.ts'
import type { Connection } from './connection.ts'
import { type Deadline, type Deadlines, monotonic } from './deadlines.ts'
import type { Inbox } from './inbox.ts'

/** What every part of the bus works with. */
export type Link = { readonly connection: Connection; readonly inbox: Inbox; readonly deadlines: Deadlines }

export type Message = {
  readonly subject: string
  readonly body: Uint8Array
  readonly headers: EncodedHeaders | undefined
  /** Until the first answer. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export type Posted = {
  readonly replySubject: string
  /** An answer is here and more will follow: the deadline is off until `await` sets it again. */
  answered(): void
  /** From now on the next answer must come within the message's time. */
  await(): void
  /** Nothing more is taken. */
  close(): void
}

/**
 * Sends a message that wants an answer. What could not be sent yet is held back until the connection is there again; so
 * is what nobody took while all services are still coming back. `onFailure` is called at most once and closes the post:
 * `unavailable` (never reached anybody: safe to repeat), `timeout` (may have been done), `too_large` (not sent).
 */
export function post(
  { connection, inbox, deadlines }: Link,
  message: Message,
  onMessage: (message: Msg, headers: Headers, posted: Posted) => void,
  onFailure: (error: SlipwayError) => void,
): Posted {
  const { subject, body, headers, signal } = message
  let finalAt = monotonic() + message.timeoutMs
  let sent = false
  let answered = false

  const deadline: Deadline = {
    dueAt: finalAt,
    due(now) {
      if (now >= finalAt) fail(sent ? timedOut(message) : notReached(subject))
      else send()
    },
  }
  const replySubject = inbox.open((answer, answerHeaders) => {
    if (answerHeaders.code === 503 && answer.data.length === 0) nobodyThere()
    else onMessage(answer, answerHeaders, posted)
  })
  const posted: Posted = {
    replySubject,
    answered() {
      answered = true
      deadlines.delete(deadline)
    },
    await() {
      finalAt = deadline.dueAt = monotonic() + message.timeoutMs
      deadlines.add(deadline)
    },
    close() {
      deadlines.delete(deadline)
      inbox.close(replySubject)
      signal?.removeEventListener('abort', givenUp)
    },
  }

  function send() {
    if (!connection.connected && !connection.nc.isClosed()) return hold()
    deadline.dueAt = finalAt
    try {
      connection.publish(subject, body, headers, replySubject)
      sent = true
    } catch (cause) {
      fail(failure('unavailable', `${subject} could not be called: ${(cause as Error).message}`, { cause }))
    }
  }

  /** Tried again at each sweep. */
  function hold() {
    sent = false
    deadline.dueAt = 0
  }

  function nobodyThere() {
    if (connection.settling && !answered) hold()
    else fail(notReached(subject))
  }

  function givenUp() {
    fail(failure('timeout', 'The caller has given up.', { cause: signal?.reason }))
  }

  function fail(error: SlipwayError) {
    posted.close()
    onFailure(error)
  }

  deadlines.add(deadline)
  const size = body.length + (headers?.bytes.length ?? 0)
  if (signal?.aborted) givenUp()
  else if (size > connection.maxPayload) fail(tooLarge(size, connection.maxPayload))
  else {
    signal?.addEventListener('abort', givenUp, { once: true })
    send()
  }
  return posted
}

export type Answered = { readonly message: Msg; readonly headers: Headers }

/** One message there, one message back. Rejects as `post` fails. */
export function exchange(link: Link, message: Message): Promise<Answered> {
  return new Promise((resolve, reject) => {
    post(
      link,
      message,
      (answer, headers, posted) => {
        posted.close()
        resolve({ message: answer, headers })
      },
      reject,
    )
  })
}

function tooLarge(size: number, limit: number): SlipwayError {
  return failure('too_large', `The request has ${size} bytes, more than the ${limit} that one message may have.`)
}

function notReached(subject: string): SlipwayError {
  return failure('unavailable', `Nobody answers ${subject} at the moment.`, { retryAfter: 1 })
}

function timedOut({ subject, timeoutMs }: Message): SlipwayError {
  return failure('timeout', `${subject} did not answer within ${timeoutMs} ms.`)
}
