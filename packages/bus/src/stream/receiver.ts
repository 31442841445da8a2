import type { Msg } from '@nats-io/nats-core'
import { failure, type SlipwayError } from '@slipway/contracts'
import { type Deadline, type Deadlines, monotonic } from '../connection/deadlines.ts'
import { readFailure } from '../wire/failure.ts'
import type { Headers } from '../wire/headers.ts'
import { received } from '../wire/names.ts'
import { grantAfterMs, probeAfterMs, sweepMs, windowChunks } from './limits.ts'

export type ReceiverOptions = {
  /** Chunks that were already granted; 0: the first read grants. */
  readonly granted: number
  /** Milliseconds without a chunk before the sender counts as dead. */
  readonly idleMs: number
  readonly deadlines: Deadlines
  /** Tells the sender how many more chunks it may send; 0 only asks whether it is there. */
  grant(chunks: number): void
  /** Tells the sender to stop. */
  cancel(reason: string): void
  /** The stream is over for this side: nothing more is accepted. `error` is what the reader will get. */
  closed(error: SlipwayError | undefined): void
}

export type StreamReceiver = {
  /** Takes a message of the stream. */
  accept(message: Msg, headers: Headers): void
  /** Ends the stream with an error and tells the sender, unless it has ended. */
  fail(error: SlipwayError): void
  /** Can be read once. Leaving the loop cancels the stream. */
  readonly body: AsyncIterable<Uint8Array>
}

type Reader = { resolve(result: IteratorResult<Uint8Array>): void; reject(error: SlipwayError): void }

const over: IteratorResult<Uint8Array> = { done: true, value: undefined }

export function createReceiver(options: ReceiverOptions): StreamReceiver {
  const { idleMs, deadlines } = options
  const queue: Uint8Array[] = []
  const readers: Reader[] = []
  let outstanding = options.granted
  let arrived = 0
  let taken = 0
  let activeAt = monotonic()
  let probedAt = activeAt
  let ended = false
  let error: SlipwayError | undefined

  const watch: Deadline = {
    dueAt: 0,
    due(now) {
      watch.dueAt = now + sweepMs(idleMs)
      if (taken > 0 && now - activeAt >= grantAfterMs) grant()
      if (outstanding === 0 || queue.length > 0) return
      if (now - activeAt >= idleMs) fail(failure('timeout', `The sender of the stream sent nothing for ${idleMs} ms.`))
      else if (now - Math.max(activeAt, probedAt) >= probeAfterMs) {
        probedAt = now
        options.grant(0)
      }
    },
    disconnected: () => fail(failure('unavailable', 'The connection was lost in the middle of the stream.')),
  }

  function grant() {
    outstanding += taken
    activeAt = monotonic()
    options.grant(taken)
    taken = 0
  }

  /** What has arrived can still be read; an error comes after it. */
  function end(reason: SlipwayError | undefined) {
    if (ended) return
    ended = true
    error = reason
    deadlines.delete(watch)
    options.closed(reason)
    for (const reader of readers.splice(0)) settle(reader)
  }

  function settle(reader: Reader) {
    if (!error) return reader.resolve(over)
    const reason = error
    error = undefined
    reader.reject(reason)
  }

  function fail(reason: SlipwayError) {
    if (ended) return
    options.cancel(reason.message)
    end(reason)
  }

  function acceptChunk(number: number, chunk: Uint8Array) {
    if (number !== arrived + 1) return fail(gap(`chunk ${number} came after chunk ${arrived}`))
    if (outstanding === 0) return fail(failure('bad_upstream', 'The sender of the stream sent more than it may.'))
    arrived = number
    outstanding -= 1
    activeAt = monotonic()
    const reader = readers.shift()
    if (reader) reader.resolve(take(chunk))
    else queue.push(chunk)
  }

  function take(chunk: Uint8Array): IteratorResult<Uint8Array> {
    taken += 1
    if (!ended && taken * 2 >= windowChunks) grant()
    return { done: false, value: chunk }
  }

  function read(): Promise<IteratorResult<Uint8Array>> {
    const chunk = queue.shift()
    if (chunk) return Promise.resolve(take(chunk))
    return new Promise((resolve, reject) => {
      const reader = { resolve, reject }
      if (ended) return settle(reader)
      readers.push(reader)
      if (outstanding === 0 && arrived === 0) {
        taken = windowChunks
        grant()
      }
    })
  }

  function leave(): Promise<IteratorResult<Uint8Array>> {
    queue.length = 0
    error = undefined
    if (!ended) {
      options.cancel('the reader wants no more')
      end(undefined)
    }
    return Promise.resolve(over)
  }

  deadlines.add(watch)
  const iterator: AsyncIterator<Uint8Array> = { next: read, return: leave }
  return {
    accept(message, headers) {
      if (ended) return
      const { values } = headers
      if (headers.code === 503) return end(failure('unavailable', 'The sender of the stream is gone.'))
      const failed = readFailure(message, headers)
      if (failed) return end(failed)
      const cancelled = values.get(received.cancel)
      if (cancelled !== undefined) return end(failure('malformed', `The sender broke the stream off: ${cancelled}`))
      const chunk = values.get(received.chunk)
      if (chunk !== undefined) acceptChunk(Number(chunk), message.data)
      const count = values.get(received.end)
      if (count !== undefined && !ended) {
        if (Number(count) === arrived) end(undefined)
        else fail(gap(`it ended after ${count} chunks of which ${arrived} came`))
      }
    },
    fail,
    body: { [Symbol.asyncIterator]: () => iterator },
  }
}

function gap(what: string): SlipwayError {
  return failure('bad_upstream', `A part of the stream is missing: ${what}.`)
}
