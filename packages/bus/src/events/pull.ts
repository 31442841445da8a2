import { randomBytes } from 'node:crypto'
import type { Msg } from '@nats-io/nats-core'
import { eventStream } from '@slipway/contracts'
import { type Deadline, monotonic } from '../connection/deadlines.ts'
import type { Link } from '../connection/post.ts'
import { readHeaders } from '../wire/headers.ts'
import { nanoseconds } from './event-stream.ts'

export type PullOptions = {
  readonly durable: string
  /** How many messages could be handled now. */
  places(): number
  onMessage(message: Msg): void
  /** The server refuses or does not answer: stream or consumer may be gone. Nothing is asked for until `resume`. */
  onTrouble(reason: string): void
}

export type Puller = {
  /** Asks for as many messages as there are places for, unless they have been asked for. */
  fill(): void
  pause(): void
  resume(): void
  /** Asks for nothing more; resolves when nothing more can arrive. */
  stop(): Promise<void>
}

/** The server ends a request that it could not fill after this time. */
const expiresMs = 5_000
const answerWithinMs = expiresMs + 2_000

type Request = Deadline & { left: number }

/**
 * Asks a durable consumer for messages. Only as many are asked for as there are places to handle them: a message in a
 * local queue would use up its time for a receipt.
 */
export function startPull({ connection, deadlines }: Link, options: PullOptions): Puller {
  const prefix = `${connection.inboxPrefix}.${randomBytes(9).toString('base64url')}.`
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${eventStream}.${options.durable}`
  const requests = new Map<string, Request>()
  let asked = 0
  let paused = false

  const subscription = connection.subscribe(`${prefix}*`, message => {
    if (message.subject.startsWith(prefix)) return requestEnded(message)
    for (const [replySubject, request] of requests) {
      request.left -= 1
      if (request.left === 0) end(replySubject)
      break
    }
    options.onMessage(message)
  })

  function end(replySubject: string) {
    const request = requests.get(replySubject)
    if (!request) return
    deadlines.delete(request)
    requests.delete(replySubject)
  }

  /** 408 and 404: there were not enough messages. Anything else is a refusal. */
  function requestEnded(message: Msg) {
    const { code } = readHeaders(message)
    if (code === 100) return
    end(message.subject)
    if (code === 408 || code === 404) fill()
    else trouble(`status ${code}`)
  }

  function trouble(reason: string) {
    if (paused) return
    pause()
    options.onTrouble(reason)
  }

  function pause() {
    paused = true
    for (const replySubject of requests.keys()) end(replySubject)
  }

  function fill() {
    if (paused || !connection.connected) return
    let batch = options.places()
    for (const { left } of requests.values()) batch -= left
    if (batch <= 0) return
    asked += 1
    const replySubject = prefix + asked.toString(36)
    const request: Request = {
      left: batch,
      dueAt: monotonic() + answerWithinMs,
      due() {
        end(replySubject)
        trouble('no answer')
      },
    }
    requests.set(replySubject, request)
    deadlines.add(request)
    const body = JSON.stringify({ batch, expires: nanoseconds(expiresMs) })
    connection.tell(subject, Buffer.from(body), undefined, replySubject)
  }

  return {
    fill,
    pause,
    resume() {
      paused = false
      fill()
    },
    async stop() {
      paused = true
      // The server takes back what it had ready for a subscription that ends; what is under way still arrives.
      await subscription.drain().catch(() => {})
      pause()
    },
  }
}
