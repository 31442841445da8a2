import type {
  EventEnvelope,
  EventType,
  Identity,
  InputOf,
  Operation,
  OutputOf,
  ParsedInputOf,
  ServiceName,
} from '@slipway/contracts'
import type { Logger } from 'pino'

export type BusOptions = {
  /**
   * NATS URL, or several separated by commas; credentials may stand in the URL (`nats://user:password@host:4222`,
   * `nats://token@host`), their reserved characters percent-encoded.
   */
  readonly servers: string
  /** Name of the service, shown by discovery and used as connection name. */
  readonly name: string
  /** Semantic version of the service, shown by discovery. */
  readonly version: string
  readonly log: Logger
  /** Milliseconds a stream waits for the next chunk, or for credit, before its other side counts as dead. Default 30,000. */
  readonly streamIdleMs?: number
  /** Milliseconds the event stream keeps an event. Default seven days. */
  readonly eventMaxAgeMs?: number
  /** Copies of the event stream in a cluster, when it is made here. Default: the server's own, one. */
  readonly eventReplicas?: number
  /** Identity token of this service, which goes with calls of what is for services only. Default: they go without. */
  readonly prove?: () => Promise<string>
}

/** How one call is made. Everything is optional. */
export type CallOptions = {
  /**
   * Milliseconds until the caller gives up with `timeout`. Default 5,000. Travels with the call as its deadline. For
   * streams it counts until the answer begins, or until the upload is read and again from its end to the answer.
   */
  readonly timeoutMs?: number
  /** Signed identity token of the caller; absent: anonymous. */
  readonly identity?: string | undefined
  /** Signed identity token of the service that calls, for itself or for the caller. Default: that of `prove`, where it is needed. */
  readonly service?: string | undefined
  /** Public base URL for links in the answer. */
  readonly baseUrl?: string | undefined
  /** Id under which a write is remembered. */
  readonly commandId?: string | undefined
  readonly traceparent?: string | undefined
  /** Giving up early: the call fails with `timeout`, a stream is cancelled. */
  readonly signal?: AbortSignal | undefined
}

/** A success: the body as it came, and what travels beside it. */
export type Reply = {
  /** HTTP status. */
  readonly status: number
  /** HTTP response headers set by the service, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * The answer of an operation with flow `streamed-answer`. Not reading on slows the sender down, and loses the stream
 * after the idle time; `cancel`, or leaving the loop, ends it. The body can be read once.
 */
export type StreamedReply = Omit<Reply, 'body'> & {
  readonly body: AsyncIterable<Uint8Array>
  cancel(reason?: string): void
}

/** What a handler knows about the call it answers. Its members are read on demand: pass it on as it is, never spread it. */
export type CallContext = {
  readonly identity: Identity | null
  /** Signed token the identity was read from, to pass on in further calls. */
  readonly identityToken: string | undefined
  /** The service of the platform that calls, where it proved to be one. */
  readonly service: ServiceName | undefined
  readonly baseUrl: string
  readonly commandId: string | undefined
  /** Of the caller, or a new one. */
  readonly traceparent: string | undefined
  /** Epoch milliseconds after which nobody waits any more; infinity while a stream flows. */
  readonly deadline: number
  /** Aborted when the caller cancels a stream, or when the deadline has passed. */
  readonly signal: AbortSignal
  /**
   * Waits until this process has room for values of so many bytes, beside the room that the call has for its body. Before
   * locks are taken, lest those who hold them wait for room. Throws `busy` when half of the call's time is over.
   */
  takeRoom(bytes: number): Promise<void>
  /** Bytes that it has room for. */
  readonly room: number
}

/** What a handler of a unary operation returns. */
export type Answer<Body> = {
  /** Default 200 with a body, 204 without. */
  readonly status?: number
  /** HTTP response headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** A value to serialise, or JSON text made elsewhere (`rawJson`), or bytes. Absent: no body. */
  readonly body?: Body | RawBody
}

/**
 * Bytes or JSON text that is sent as it is. Its truth to the operation's output schema is the handler's promise. Only an
 * object with this one field is taken for raw, so a resource may have a field of that name.
 */
export type RawBody = { readonly raw: string | Uint8Array }

/** What the body yields belongs to the bus from then on; pieces may have any size. */
export type StreamedAnswer = Omit<Answer<never>, 'body'> & { readonly body: AsyncIterable<Uint8Array> }

export type OperationHandler<Op extends Operation = Operation> = {
  readonly operation: Op
  handle(
    input: ParsedInputOf<Op>,
    context: CallContext,
    /** The uploaded bytes of a `streamed-request`; empty for other flows. */
    upload: AsyncIterable<Uint8Array>,
  ): Promise<Answer<OutputOf<Op>> | StreamedAnswer>
}

export type ServeOptions = {
  /** Queue group, the service's name: one replica answers. */
  readonly queue: string
  /** Calls that run at the same time in this process. Default 256. */
  readonly concurrency?: number
  /** Calls that may wait for a place; beyond that the answer is `busy`. Default 1,024. */
  readonly backlog?: number
  /** Streams, in either direction, that are open at the same time; they take no places of other calls. Default 128. */
  readonly streams?: number
  /** Verifies an identity token; throws `unauthenticated` for a bad one. Default: nobody is known. */
  readonly identify?: (token: string) => Promise<Identity>
}

/** A consumer of events: durable, any number of replicas, delayed retries, dead letters. */
export type ConsumeOptions = {
  /** Name of the durable consumer, e.g. `coordinator-task-services`. */
  readonly durable: string
  /** Subject filters. More than one makes one JetStream consumer each, `<durable>-<n>` (servers before 2.10 know no lists). */
  readonly filters: readonly string[]
  /** Runs once a delivery. Throwing means: again later. */
  handle(event: EventEnvelope, delivery: Delivery): Promise<void>
  /**
   * Takes several events at once instead, up to `size`, oldest first; one that comes alone goes to `handle`. When it
   * throws, its events are handled one by one, and the one that fails is tried again in its place: none is passed over.
   * The order holds as long as one process at a time consumes under this name, which is the caller's to see to. Not
   * with `concurrency`.
   */
  readonly batch?: { readonly size: number; handle(events: readonly EventEnvelope[]): Promise<void> }
  /** Called instead of another delivery when `attempts` are used up or the message is no event; must store it. */
  deadLetter(letter: DeadLetter): Promise<void>
  /** Default 8. */
  readonly attempts?: number
  /** Milliseconds before attempt 2, 3, …; the last one repeats. Default 250, 1,000, 5,000, 30,000. */
  readonly backoffMs?: readonly number[]
  /**
   * Messages of each filter handled at the same time in this process. Default 1, which keeps the order of that filter
   * over all replicas, also through retries: nothing else is delivered meanwhile.
   */
  readonly concurrency?: number
  /**
   * Milliseconds after which an event is delivered again if the process that got it has died. Default 15,000. A handler
   * may run longer: while it does, the server is told so.
   */
  readonly ackWaitMs?: number
  /** `all`: from the beginning of the stream (default); `new`: from now. */
  readonly from?: 'all' | 'new'
}

export type Delivery = { readonly subject: string; readonly attempt: number; readonly streamSequence: number }

export type DeadLetter = {
  readonly consumer: string
  readonly subject: string
  readonly streamSequence: number
  readonly attempts: number
  readonly payload: string
  readonly error: string
}

/** Which event stream the broker has. */
export type EventStreamState = {
  /** When it was made, in the broker's words: another stream has another one. */
  readonly created: string
  /** Number of its newest event, 0 if there was none yet. */
  readonly lastSequence: number
}

export type Consumer = { stop(): Promise<void> }
export type Subscription = { unsubscribe(): void }

export type Bus = AsyncDisposable & {
  readonly name: string
  /** Unique id of this instance, as discovery shows it. */
  readonly id: string
  /** False while the connection is lost and being made again. */
  readonly connected: boolean
  /** Largest message the broker takes, in bytes. */
  readonly maxPayload: number

  /** Calls an operation and parses its answer. Throws errors of the catalogue. */
  call<Op extends Operation>(operation: Op, input: InputOf<Op>, options?: CallOptions): Promise<OutputOf<Op>>
  /** Calls an operation and hands the bytes through unparsed. Throws errors of the catalogue. */
  request<Op extends Operation>(operation: Op, input: InputOf<Op>, options?: CallOptions): Promise<Reply>
  /** Calls an operation that answers with a stream. */
  openStream<Op extends Operation>(operation: Op, input: InputOf<Op>, options?: CallOptions): Promise<StreamedReply>
  /**
   * Calls an operation that takes a stream. An answer that comes early closes the body's iterator; for an HTTP request
   * that still has to be answered pass `request.iterator({ destroyOnReturn: false })`.
   */
  upload<Op extends Operation>(
    operation: Op,
    input: InputOf<Op>,
    body: AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<Reply>
  /**
   * A plain request and reply on any subject, for peers outside the platform's contracts (`nats://` task services).
   * Subjects of the broker, inboxes and the event stream are `refused`.
   */
  requestRaw(subject: string, body: Uint8Array, options?: CallOptions): Promise<Reply>

  /** Answers operations and the discovery subjects (`$SRV.PING|INFO|STATS`). */
  serve(handlers: readonly OperationHandler[], options: ServeOptions): Promise<void>
  /** Answers a plain subject, for participants that speak another protocol over the bus. */
  serveRaw(
    subject: string,
    queue: string,
    handle: (body: Uint8Array, context: CallContext) => Promise<Answer<unknown>>,
  ): Promise<void>

  /**
   * Makes the event stream if it is missing, and says which one it is; throws if the one that exists differs in a way that
   * matters.
   */
  ensureStream(): Promise<EventStreamState>
  /**
   * Publishes an event, several tries, and waits until the stream has it. A message id that the stream has had in the
   * last two minutes is dropped; default: the event's id.
   */
  publishEvent(type: Pick<EventType, 'noun' | 'verb'>, event: EventEnvelope, messageId?: string): Promise<void>
  consume(options: ConsumeOptions): Promise<Consumer>

  /** Calls the listener each time that the connection is back. */
  onReconnect(listener: () => void): void

  /** Fire and forget to everybody who listens now. */
  broadcast(subject: string, body: string): void
  listen(subject: string, handle: (body: string, subject: string) => void): Subscription
  /**
   * Works with something large of so many bytes, once this process has room for it beside what calls bring, however long
   * that takes. Rejects with `busy` where too many wait. Not under a lock: those who have room may wait for it.
   */
  withRoom<Result>(bytes: number, work: () => Promise<Result>): Promise<Result>

  /** Resolves when the broker has passed on all that was sent, or at once while the connection is lost. */
  flush(): Promise<void>

  /**
   * No new calls and events are taken; resolves when the running ones are answered or settled, or after `timeoutMs`
   * (default 10,000).
   */
  drainServers(timeoutMs?: number): Promise<void>
  /** Stops everything that is left and closes the connection after what was sent has left. */
  close(): Promise<void>
}
