import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** What a task service tells the coordinator about a task, with `PATCH /tasks/{id}`. */
export type TaskReport = { readonly state?: string; readonly progress?: number | string }

/**
 * One scripted answer; an empty one is what a good service says.
 * `silent` never answers, `reset` breaks the connection, `redirect` sends the caller to `location`, `huge` answers with
 * 10 MB of JSON, `empty` with no body, `truncated` with half of the body it announced.
 */
export type TaskServiceFault = 'silent' | 'reset' | 'redirect' | 'huge' | 'empty' | 'truncated'

export type TaskServiceStep = {
  /** Default 200. From 400 on the service does not do what it was asked. */
  readonly status?: number
  /** A body of your own: text as it is, anything else as JSON. */
  readonly body?: unknown
  /** The good body but for these fields: how a service lies about its state. */
  readonly says?: Readonly<Record<string, unknown>>
  readonly headers?: OutgoingHttpHeaders
  /** Milliseconds before the answer. */
  readonly delayMs?: number
  /** Reported to the coordinator, and answered by it, before this request is. */
  readonly reportFirst?: TaskReport
  readonly fault?: TaskServiceFault
  /** Whether the service does what it was asked. Default: unless this is a fault, or a status from 400 on. */
  readonly obeys?: boolean
  /** Where `redirect` leads; default `/elsewhere` of the same service. */
  readonly location?: string
}

const hugeBytes = 10 * 1024 * 1024

/** Answers a request as the step says. */
export function playStep(
  step: TaskServiceStep,
  response: ServerResponse,
  good: Readonly<Record<string, unknown>>,
): void {
  const { status = 200, headers = {} } = step
  const body = step.body === undefined ? { ...good, ...step.says } : step.body
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.setHeader('content-type', 'application/json')
  switch (step.fault) {
    case 'silent':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'redirect':
      response.writeHead(step.status ?? 302, { location: step.location ?? '/elsewhere', ...headers }).end()
      return
    case 'huge':
      response.writeHead(status, headers).end(JSON.stringify({ ...good, ...step.says, padding: 'x'.repeat(hugeBytes) }))
      return
    case 'empty':
      response.writeHead(status, { 'content-length': 0, ...headers }).end()
      return
    case 'truncated': {
      const half = text.slice(0, Math.ceil(text.length / 2))
      response.writeHead(status, { 'content-length': Buffer.byteLength(text), ...headers })
      response.write(half, () => response.destroy())
      return
    }
    case undefined:
      response.writeHead(status, { 'content-length': Buffer.byteLength(text), ...headers }).end(text)
  }
}
