import type { OperationFlow } from '@slipway/contracts'
import type { Answer, StreamedAnswer } from '../types.ts'
import type { CallState } from './call-state.ts'
import type { Gate } from './gate.ts'
import type { Room } from './room.ts'
import type { Statistics } from './statistics.ts'

/** Something of this service that can be called. */
export type Endpoint = {
  /** As discovery shows it. */
  readonly name: string
  readonly subject: string
  readonly queue: string
  readonly flow: OperationFlow
  readonly statistics: Statistics
  readonly gate: Gate
  /** Of the process, for large bodies. */
  readonly room: Room
  /** Decides about a call; may set its identity. Throws errors of the catalogue. */
  work(body: Uint8Array, call: CallState, upload: AsyncIterable<Uint8Array>): Promise<Answer<unknown> | StreamedAnswer>
}

export function isStreamed(answer: Answer<unknown> | StreamedAnswer): answer is StreamedAnswer {
  const { body } = answer
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}
