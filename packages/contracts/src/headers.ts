/** Names of the message headers of the bus. */
export const header = {
  /** Signed identity of the caller (section "identity" in docs/bus.md); absent: anonymous. */
  identity: 'Slipway-Identity',
  /** Identity token of the service that calls, for what is for services only, whoever it calls for. */
  service: 'Slipway-Service',
  /** Public base URL for links in bodies, e.g. `https://releases.example.org`. */
  baseUrl: 'Slipway-Base-Url',
  /** Id of a write: the same id again is answered with the first answer. */
  command: 'Slipway-Command',
  /** Milliseconds the caller still waits, counted from sending. */
  deadline: 'Slipway-Deadline',
  traceparent: 'traceparent',
  /** HTTP status of a success. Absent: 200 with a body, 204 without. */
  status: 'Slipway-Status',
  error: 'Nats-Service-Error',
  errorCode: 'Nats-Service-Error-Code',
  /** Streams: sequence number of a chunk, from 1. */
  chunk: 'Slipway-Chunk',
  /** Streams: last message; the value is the number of chunks before it. */
  end: 'Slipway-End',
  /** Streams: number of chunks the other side may send on top of what it was granted before. */
  credit: 'Slipway-Credit',
  /** Streams: the receiver wants no more. */
  cancel: 'Slipway-Cancel',
} as const

/** HTTP response headers that a service may set; they travel under their own names with this prefix. */
export const responseHeaderPrefix = 'Http-'
