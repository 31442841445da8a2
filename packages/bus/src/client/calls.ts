import { failure, type InputOf, isFailure, type Operation, type OutputOf, readBySchema } from '@slipway/contracts'
import { exchange, type Link } from '../connection/post.ts'
import type { CallOptions, Reply } from '../types.ts'
import { readReply } from '../wire/answer.ts'
import { decodeJson } from '../wire/json.ts'
import { callMessage } from './call-message.ts'
import { request } from './request.ts'

export async function call<Op extends Operation>(
  link: Link,
  idleMs: number,
  operation: Op,
  input: InputOf<Op>,
  options?: CallOptions,
): Promise<OutputOf<Op>> {
  const { body } = await request(link, idleMs, operation, input, options)
  let cause: unknown
  try {
    const output = readBySchema(operation.output, decodeJson(body))
    if (output.success) return output.data as OutputOf<Op>
    cause = output.error
  } catch (error) {
    if (!isFailure(error)) throw error
    cause = error
  }
  throw failure('bad_upstream', `${operation.subject} gave an answer that is not of its shape.`, { cause })
}

export async function requestRaw(
  link: Link,
  subject: string,
  body: Uint8Array,
  options: CallOptions = {},
): Promise<Reply> {
  if (!isCallable(subject)) throw failure('refused', `${headerSafe(subject)} is no subject that may be called.`)
  const { message, headers } = await exchange(link, callMessage(subject, body, options))
  return readReply(message, headers)
}

const callable = /^(?![$_])[^\s.*>]+(\.[^\s.*>]+)*$/u

/** Subjects may come from users (`nats://…`): not the broker's API, not somebody's inbox, not the event stream. */
function isCallable(subject: string): boolean {
  return subject.length <= 255 && callable.test(subject) && !subject.startsWith('slipway.v1.event.')
}

function headerSafe(subject: string): string {
  return JSON.stringify(subject.slice(0, 80))
}
