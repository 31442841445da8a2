import { failure, header, type SlipwayError } from '@slipway/contracts'
import { type Deadline, type Deadlines, monotonic } from '../connection/deadlines.ts'
import { headerLine } from '../wire/headers.ts'
import { noBytes } from '../wire/json.ts'
import { createChunker } from './chunker.ts'
import { flushPartialAfterMs, probeAfterMs, sweepMs } from './limits.ts'

export type SenderOptions = {
  readonly source: AsyncIterable<Uint8Array>
  readonly chunkBytes: number
  /** Chunks that may be sent before the first grant. */
  readonly credit: number
  /** Milliseconds to wait for credit before the receiver counts as dead. */
  readonly idleMs: number
  readonly deadlines: Deadlines
  /** Sends one message of the stream. */
  send(lines: string, body: Uint8Array): void
}

export type Sender = {
  /** More chunks may be sent. */
  grant(chunks: number): void
  /** Ends the stream early; `done` rejects with this error unless it is settled. */
  abort(error: SlipwayError): void
  /** Resolves when everything is sent. Rejects with the error of the source, `timeout` for want of credit, or the error of `abort`. */
  readonly done: Promise<void>
}

/** Sends a source chunk by chunk as far as it has credit, and reads no more of the source than it can send. */
export function startSender({ source, chunkBytes, credit, idleMs, deadlines, send }: SenderOptions): Sender {
  const chunker = createChunker(chunkBytes)
  let sent = 0
  let activeAt = monotonic()
  let probedAt = activeAt
  let aborted: SlipwayError | undefined
  let waitsForSource = false
  let waitsForCredit: (() => void) | undefined
  let stopWaiting: ((error: SlipwayError) => void) | undefined

  const watch: Deadline = {
    dueAt: 0,
    due(now) {
      watch.dueAt = now + sweepMs(idleMs)
      if (waitsForCredit) waitOn(now)
      // A source that trickles must not keep its first bytes back until a chunk is full.
      else if (waitsForSource && credit > 0 && now - activeAt >= flushPartialAfterMs) attempt(emitRest)
    },
    disconnected: () => abort(failure('unavailable', 'The connection was lost in the middle of the stream.')),
  }

  function abort(error: SlipwayError) {
    aborted ??= error
    stopWaiting?.(aborted)
  }

  /** A promise that `abort` can end. Not `Promise.race`: that would leave a reaction on a long-lived promise for every piece. */
  function untilAborted<T>(start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (aborted) return reject(aborted)
      stopWaiting = reject
      start(resolve, reject)
    })
  }

  function emit(chunk: Uint8Array) {
    credit -= 1
    sent += 1
    activeAt = monotonic()
    send(headerLine(header.chunk, sent), chunk)
  }

  function emitRest() {
    const rest = chunker.rest()
    if (rest) emit(rest)
  }

  /** An empty message finds out whether the receiver is there at all: the broker answers if it is not. */
  function waitOn(now: number) {
    if (now - activeAt >= idleMs) {
      abort(failure('timeout', `The receiver of the stream took nothing for ${idleMs} ms.`))
    } else if (now - Math.max(activeAt, probedAt) >= probeAfterMs) {
      probedAt = now
      attempt(() => send(headerLine(header.credit, 0), noBytes))
    }
  }

  function attempt(sending: () => void) {
    try {
      sending()
    } catch (cause) {
      abort(failure('unavailable', 'The stream could not be sent on.', { cause }))
    }
  }

  async function hasCredit() {
    while (credit <= 0) {
      activeAt = monotonic()
      await untilAborted<void>(resolve => {
        waitsForCredit = resolve
      })
      waitsForCredit = undefined
    }
    if (aborted) throw aborted
  }

  async function pump(iterator: AsyncIterator<Uint8Array>) {
    for (;;) {
      waitsForSource = true
      const step = await untilAborted<IteratorResult<Uint8Array>>((resolve, reject) => {
        iterator.next().then(resolve, reject)
      })
      waitsForSource = false
      if (step.done) break
      chunker.push(step.value)
      for (let chunk = chunker.full(); chunk; chunk = chunker.full()) {
        if (credit <= 0 || aborted) await hasCredit()
        emit(chunk)
      }
    }
    const rest = chunker.rest()
    if (rest) {
      await hasCredit()
      emit(rest)
    }
    send(headerLine(header.end, sent), noBytes)
  }

  async function run() {
    const iterator = source[Symbol.asyncIterator]()
    deadlines.add(watch)
    try {
      await pump(iterator)
    } catch (error) {
      // Not awaited: a source that hangs in `next` would also hang here.
      void Promise.resolve(iterator.return?.()).catch(() => {})
      throw error
    } finally {
      deadlines.delete(watch)
      waitsForSource = false
    }
  }

  return {
    grant(chunks) {
      credit += chunks
      waitsForCredit?.()
    },
    abort,
    done: run(),
  }
}
