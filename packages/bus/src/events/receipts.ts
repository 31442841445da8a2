import type { Logger } from 'pino'
import { exchange, type Link } from '../connection/post.ts'
import { nanoseconds } from './event-stream.ts'
import { transient, withRetries } from './retries.ts'

/** Tells the stream what became of a delivery. */
export type Receipts = {
  acknowledge(receiptSubject: string): void
  /** The same for several at once; the server confirms the last one, which it reads after the others. */
  acknowledgeAll(receiptSubjects: readonly string[]): void
  /** Deliver again after this time. Without a time the server would deliver at once, whatever back-off is configured. */
  again(receiptSubject: string, afterMs: number): void
  /** Never again. Without a reason: servers before 2.10 ignore the whole receipt if it has one. */
  terminate(receiptSubject: string): void
  /** Still being handled. */
  working(receiptSubject: string): void
  /**
   * Sends the last final receipts once more. A server that was killed comes back with a state some hundred milliseconds
   * old; what it had then delivered would block a consumer that keeps the order until its receipt time is over.
   */
  repeat(): void
  /** Sequence numbers have a new meaning: the last receipts must not be repeated. */
  forget(): void
  /** Resolves when every receipt has been confirmed or given up. */
  settled(): Promise<void>
}

/** Final receipts that can be repeated; more than a server forgets. */
const remembered = 1_000

/**
 * Receipts are confirmed by the server, and repeated if they are not: a consumer that keeps the order would otherwise
 * stand still until the server gives up waiting. One that is lost for good only means that the event comes again.
 */
export function sendReceipts(link: Link, log: Logger): Receipts {
  const open = new Set<Promise<unknown>>()
  let recent: string[][] = []

  function send(subject: string, body: string) {
    const message = { subject, body: Buffer.from(body), headers: undefined, timeoutMs: 2_000 }
    const receipt = withRetries([100, 500], transient, () => exchange(link, message))
      .catch(error => log.debug({ err: error, subject }, 'a receipt was not confirmed'))
      .finally(() => open.delete(receipt))
    open.add(receipt)
  }

  function sendFinal(subject: string, body: string) {
    send(subject, body)
    rememberFinal(subject, body)
  }

  function rememberFinal(subject: string, body: string) {
    recent.push([subject, body])
    if (recent.length > 2 * remembered) recent = recent.slice(-remembered)
  }

  return {
    acknowledge: subject => sendFinal(subject, '+ACK'),
    acknowledgeAll(subjects) {
      for (const subject of subjects.slice(0, -1)) {
        link.connection.tell(subject, Buffer.from('+ACK'))
        rememberFinal(subject, '+ACK')
      }
      const last = subjects.at(-1)
      if (last !== undefined) sendFinal(last, '+ACK')
    },
    again: (subject, afterMs) => send(subject, `-NAK ${JSON.stringify({ delay: nanoseconds(afterMs) })}`),
    terminate: subject => sendFinal(subject, '+TERM'),
    working: subject => link.connection.tell(subject, Buffer.from('+WPI')),
    repeat() {
      for (const [subject = '', body = ''] of recent) link.connection.tell(subject, Buffer.from(body))
    },
    forget() {
      recent = []
    },
    async settled() {
      await Promise.all(open)
    },
  }
}
