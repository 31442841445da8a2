import { failure, type Identity, type ServiceName } from '@slipway/contracts'
import { type Deadline, type Deadlines, monotonic } from '../connection/deadlines.ts'
import { newTraceparent, traceId } from '../trace.ts'
import type { CallContext } from '../types.ts'
import type { Headers } from '../wire/headers.ts'
import { received } from '../wire/names.ts'
import { defaultTimeoutMs } from '../wire/request.ts'
import { type Room, smallBytes } from './room.ts'

/**
 * What is known of one incoming call. A class, because getters on a prototype cost nothing until somebody asks: most
 * handlers never touch the signal or the trace, and every call makes one of these.
 */
export class CallState implements CallContext, Deadline {
  identity: Identity | null = null
  service: ServiceName | undefined
  dueAt: number
  /** Milliseconds the caller waits for an answer. */
  readonly timeoutMs: number
  readonly #headers: Headers
  readonly #deadlines: Deadlines
  readonly #room: Room
  readonly #takenAt = monotonic()
  #held = 0
  #controller: AbortController | undefined
  #traceparent: string | undefined
  #abortedBy: unknown
  #over = false

  constructor(headers: Headers, deadlines: Deadlines, room: Room) {
    this.#headers = headers
    this.#deadlines = deadlines
    this.#room = room
    const left = Number(headers.values.get(received.deadline))
    this.timeoutMs = left > 0 ? left : defaultTimeoutMs
    this.dueAt = this.#takenAt + this.timeoutMs
  }

  get identityToken(): string | undefined {
    return this.#headers.values.get(received.identity)
  }

  get serviceToken(): string | undefined {
    return this.#headers.values.get(received.service)
  }

  get baseUrl(): string {
    return this.#headers.values.get(received.baseUrl) ?? ''
  }

  get commandId(): string | undefined {
    return this.#headers.values.get(received.command)
  }

  get traceparent(): string {
    if (this.#traceparent === undefined) {
      const given = this.#headers.values.get(received.traceparent)
      this.#traceparent = given !== undefined && traceId(given) ? given : newTraceparent()
    }
    return this.#traceparent
  }

  get deadline(): number {
    return Date.now() + this.dueAt - monotonic()
  }

  get late(): boolean {
    return this.dueAt <= monotonic()
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#abortedBy !== undefined) this.#controller.abort(this.#abortedBy)
      else if (!this.#over) this.#deadlines.add(this)
    }
    return this.#controller.signal
  }

  get room(): number {
    return this.#held
  }

  async takeRoom(bytes: number): Promise<void> {
    if (bytes <= smallBytes) return
    const wanted = this.#held + bytes
    this.leaveRoom()
    // The other half of its time is for the work.
    await this.#room.take(wanted, this.#takenAt + this.timeoutMs / 2)
    this.#held = wanted
    if (this.#abortedBy !== undefined) throw this.#abortedBy
  }

  /** What the room was for is gone, or is bytes again. */
  leaveRoom() {
    if (this.#held === 0) return
    this.#room.leave(this.#held)
    this.#held = 0
  }

  /** The caller waits this long from now; infinity while a stream goes on. */
  waitFor(milliseconds: number) {
    this.dueAt = monotonic() + milliseconds
  }

  due() {
    this.abort(failure('timeout', 'Nobody waits for the answer any more.'))
  }

  abort(reason: unknown) {
    if (this.#over) return
    this.end()
    this.#abortedBy = reason
    this.#controller?.abort(reason)
  }

  /** The call is answered; its signal will not fire any more. */
  end() {
    this.#over = true
    this.#deadlines.delete(this)
  }
}
