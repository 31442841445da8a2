import { failure, header, type InputOf, type Operation } from '@slipway/contracts'
import { type Link, type Message, post } from '../connection/post.ts'
import { maxWholeRequestBytes, windowChunks } from '../stream/limits.ts'
import type { StreamReceiver } from '../stream/receiver.ts'
import { once } from '../stream/whole.ts'
import type { CallOptions, Reply } from '../types.ts'
import { headerLine } from '../wire/headers.ts'
import { encodeBody, noBytes } from '../wire/json.ts'
import { callMessage, expectFlow } from './call-message.ts'
import { settleWhole } from './receive-answer.ts'
import { uploadMessage, uploadTo } from './upload.ts'

const noOptions: CallOptions = {}
const creditLine = headerLine(header.credit, windowChunks)

/**
 * Calls an operation. What outgrows one message of the broker, there or back, goes as a stream, which neither the
 * caller nor the handler sees. Throws `too_large` for a request of more than `maxWholeRequestBytes`.
 */
export async function request<Op extends Operation>(
  link: Link,
  idleMs: number,
  operation: Op,
  input: InputOf<Op>,
  options: CallOptions = noOptions,
): Promise<Reply> {
  expectFlow(operation, 'unary')
  const { subject } = operation
  const body = encodeBody(input)
  const message = callMessage(subject, body, options, creditLine)
  const size = body.length + (message.headers?.bytes.length ?? 0)
  if (size <= link.connection.maxPayload) return ask(link, idleMs, message)
  if (body.length > maxWholeRequestBytes) {
    const text = `The request has ${body.length} bytes, more than the ${maxWholeRequestBytes} that one may have.`
    throw failure('too_large', text)
  }
  return uploadTo(link, idleMs, uploadMessage(subject, noBytes, options), once(body))
}

function ask(link: Link, idleMs: number, message: Message): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let receiver: StreamReceiver | undefined
    post(
      link,
      message,
      (answer, headers, posted) => {
        if (receiver) return receiver.accept(answer, headers)
        receiver = settleWhole(link, idleMs, answer, headers, posted, { resolve, reject })
      },
      error => (receiver ? receiver.fail(error) : reject(error)),
    )
  })
}
