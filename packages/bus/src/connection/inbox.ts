import { randomBytes } from 'node:crypto'
import type { Msg } from '@nats-io/nats-core'
import { header } from '@slipway/contracts'
import { asksForAnswer } from '../server/sender.ts'
import { encodeHeaders, type Headers, headerLine, readHeaders } from '../wire/headers.ts'
import { noBytes } from '../wire/json.ts'
import type { Connection } from './connection.ts'

/** Takes what arrives on one reply subject until it is closed. */
export type Receiver = (message: Msg, headers: Headers) => void

/**
 * Reply subjects of one process: one wildcard subscription and a map, instead of a subscription for each call. Every
 * call and every direction of a stream has a subject of its own under it.
 */
export type Inbox = {
  /** Opens a reply subject. */
  open(receiver: Receiver): string
  close(subject: string): void
}

export function openInbox(connection: Connection): Inbox {
  const prefix = `${connection.inboxPrefix}.${randomBytes(9).toString('base64url')}.`
  const receivers = new Map<string, Receiver>()
  let opened = 0

  connection.subscribe(`${prefix}*`, message => {
    const receiver = receivers.get(message.subject)
    if (receiver) receiver(message, readHeaders(message))
    else if (asksForAnswer(message)) refuse(message.reply as string)
  })

  /** A stream begins whose caller is gone. */
  function refuse(control: string) {
    connection.tell(control, noBytes, encodeHeaders(headerLine(header.cancel, 'the caller has gone')))
  }

  return {
    open(receiver) {
      opened += 1
      const subject = prefix + opened.toString(36)
      receivers.set(subject, receiver)
      return subject
    },
    close: subject => void receivers.delete(subject),
  }
}
