import type { ServerResponse } from 'node:http'
import type { Store } from '@slipway/store'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerErrors } from '../api/platform-errors.ts'
import { queryParameters } from '../http/query.ts'
import type { Authenticator, Caller } from '../identity/authenticator.ts'
import { findCaller, requireCaller } from '../identity/caller.ts'
import { readFilter } from './filter.ts'
import { readStream } from './reader.ts'
import { type SendOptions, sendEvents } from './send-events.ts'
import { recheckCaller } from './still-allowed.ts'
import { type StreamLimits, streamPlaces } from './stream-places.ts'
import type { Tail } from './tail.ts'
import { viewerOf } from './viewer.ts'
import { gapText, retryText } from './wire.ts'

export type StreamRoutesOptions = SendOptions &
  StreamLimits & {
    readonly store: Store
    readonly tail: Tail
    readonly authenticator: Authenticator
    /** Whether callers without credentials may read, as they may read `/events`. */
    readonly anonymous: boolean
    readonly logError: (error: unknown, request: FastifyRequest) => void
  }

/** How soon a stream ends whose reader is nobody any more, or somebody with other rights. */
const recheckMs = 1_000

/** `GET /events/stream`: every event that the reader may see, as it happens, resumable with `Last-Event-ID`. */
export async function streamRoutes(app: FastifyInstance, options: StreamRoutesOptions): Promise<void> {
  const { store, tail, authenticator } = options
  const open = new Map<AbortController, Promise<void>>()
  const places = streamPlaces(options)
  answerErrors(app, options.logError)

  /** Null for a reader without good credentials. @throws `unauthenticated` where callers must be known */
  async function readerOf(request: FastifyRequest): Promise<Caller | null> {
    return requireCaller(request, options.authenticator).catch(error => {
      if (!options.anonymous) throw error
      return null
    })
  }

  app.get('/events/stream', { exposeHeadRoute: false }, async (request, reply) => {
    const caller = await readerOf(request)
    const parameters = queryParameters(request)
    const filter = { ...readFilter(parameters), viewer: viewerOf(caller?.identity ?? null, tail.access) }
    const leave = places.take(request.ip, request.actor)
    onceClosed(reply.raw, leave)
    // Scripts cannot set the header on the first connection, so a parameter does as well.
    const given = request.headers['last-event-id'] ?? parameters.last_event_id?.at(-1)
    const start = await startOf(tail, given)

    const stopping = new AbortController()
    const { raw } = reply.hijack()
    onceClosed(raw, () => stopping.abort())
    raw.on('error', () => stopping.abort())
    if (caller) {
      recheckCaller(caller, {
        everyMs: recheckMs,
        findCaller: async () => (await findCaller(request, authenticator)) ?? authenticator.anonymous,
        signal: stopping.signal,
        ended: () => stopping.abort(),
      })
    }
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    raw.write(start.gap === undefined ? retryText : retryText + gapText(start.gap, start.position))
    const pages = readStream(store, tail, filter, start.position, stopping.signal)
    const sent = sendEvents(raw, pages, stopping.signal, options)
      .catch(error => options.logError(error, request))
      .finally(() => {
        open.delete(stopping)
        stopping.abort()
        raw.end()
      })
    open.set(stopping, sent)
  })

  // Clients connect again, to another replica.
  app.addHook('preClose', async () => {
    const ending = [...open.values()]
    for (const stopping of open.keys()) stopping.abort()
    await Promise.all(ending)
  })
}

/** Also for a client that left before anybody listened. */
function onceClosed(response: ServerResponse, act: () => void): void {
  if (response.destroyed) act()
  else response.once('close', act)
}

type Start = { readonly position: number; readonly gap?: string }

/** Where a client begins: now, after what it saw last, or, if that is unknown or forgotten, at the oldest that is kept. */
async function startOf(tail: Tail, lastEventId: string | string[] | undefined): Promise<Start> {
  const { purgedTo, last } = await tail.catchUp()
  if (typeof lastEventId !== 'string' || lastEventId === '') return { position: last }
  const position = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN
  if (position >= purgedTo && position <= last) return { position }
  return { position: purgedTo, gap: lastEventId }
}
