import type { Msg } from '@nats-io/nats-core'
import { header, responseHeaderPrefix } from '@slipway/contracts'
import type { Answer, Reply } from '../types.ts'
import type { Encoded } from './encoded.ts'
import { readFailure } from './failure.ts'
import { encodeHeaders, type Headers, headerLine } from './headers.ts'
import { encodeBody } from './json.ts'
import { received, receivedResponsePrefix } from './names.ts'

const noHeaders: Readonly<Record<string, string>> = Object.freeze({})

/** A success as it goes over the wire; without a header block if there is nothing to say. */
export function encodeAnswer(answer: Answer<unknown>): Encoded {
  const body = encodeBody(answer.body)
  return { body, headers: encodeHeaders(answerLines(answer, body.length === 0 ? 204 : 200)) }
}

/** Header lines of a success whose status goes without saying if it is `usual`. */
export function answerLines({ status, headers }: Omit<Answer<unknown>, 'body'>, usual: number): string {
  let lines = status === undefined || status === usual ? '' : headerLine(header.status, status)
  for (const name in headers) lines += headerLine(responseHeaderPrefix + name, headers[name] as string)
  return lines
}

/** Reads an answer; throws the error that it may hold. */
export function readReply(message: Msg, headers: Headers): Reply {
  const error = readFailure(message, headers)
  if (error) throw error
  const body = message.data
  return { ...readAnswerHead(headers, body.length === 0 ? 204 : 200), body }
}

export function readAnswerHead({ values }: Headers, usual: number): Omit<Reply, 'body'> {
  if (values.size === 0) return { status: usual, headers: noHeaders }
  const status = Number(values.get(received.status) ?? usual)
  const headers: Record<string, string> = {}
  for (const [name, value] of values) {
    if (name.startsWith(receivedResponsePrefix)) headers[name.slice(receivedResponsePrefix.length)] = value
  }
  return { status, headers }
}
