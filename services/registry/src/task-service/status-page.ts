import type { Bus } from '@slipway/bus'
import { isFailure } from '@slipway/contracts'
import type { Outbound } from '@slipway/service'

/** What came of asking for a status page: an answer, whatever its status, or why there is none. */
export type StatusAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  | { readonly kind: 'unreachable'; readonly message: string }

export type StatusRequest = {
  /** As it was registered; `/status`, or `.status` for a subject of the bus, is appended as is. */
  readonly url: string
  /** Only for `http` urls. */
  readonly headers?: Readonly<Record<string, string>>
  /** Redirects to follow. Default 0: a redirect is the answer. */
  readonly redirects?: number
  readonly signal?: AbortSignal
}

/** Asks for the status page of a task service. Never throws for what the other side does. */
export type AskStatusPage = (request: StatusRequest) => Promise<StatusAnswer>

export type StatusPageOptions = {
  readonly outbound: Outbound
  readonly bus: Pick<Bus, 'requestRaw'>
  /** Milliseconds to wait for an answer over the bus; `outbound` has a limit of its own. */
  readonly timeoutMs: number
}

/** Status pages of task services on the web (`http(s)://…`) and on the bus (`nats://<subject>`). */
export function statusPages({ outbound, bus, timeoutMs }: StatusPageOptions): AskStatusPage {
  return async ({ url, headers, redirects = 0, signal }) => {
    const common = signal && { signal }
    const subject = /^nats:\/\/(.*)$/s.exec(url)?.[1]
    if (subject === undefined) {
      return outbound.send({ url: `${url}/status`, method: 'GET', redirects, ...(headers && { headers }), ...common })
    }
    try {
      const { status, body } = await bus.requestRaw(`${subject}.status`, new Uint8Array(), { timeoutMs, ...common })
      return { kind: 'answer', status, text: Buffer.from(body).toString('utf8') }
    } catch (error) {
      // Also what the service itself answered with an error status: neither kind of service is told apart from one that
      // is not there.
      if (isFailure(error)) return { kind: 'unreachable', message: error.message }
      throw error
    }
  }
}
