import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** The content type as it was sent, where it could not be read as a media type. */
    unreadableType: string | undefined
  }
}

const readable = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/

/**
 * Keeps the bodies of a scope as bytes, whatever they are labelled: each API reads them by its own rules. (The
 * framework's parsers refuse empty JSON, types they do not know, and headers that are no media type.) Large ones wait for
 * a place.
 */
export function keepRawBodies(app: FastifyInstance): void {
  app.decorateRequest('unreadableType', undefined)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('preParsing', async (request, reply, payload) => {
    const type = request.headers['content-type']
    if (type !== undefined && !readable.test(type)) {
      request.unreadableType = type
      request.headers['content-type'] = 'application/octet-stream'
    }
    return app.largeBodies.admit(request, reply, payload as Readable)
  })
}

export type RawRequestBody = {
  readonly bytes: Buffer
  /** As it was sent, parameters included; empty when there was none. */
  readonly contentType: string
}

/** The body of a request in a scope with raw bodies. */
export function rawBodyOf(request: FastifyRequest): RawRequestBody {
  return {
    bytes: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    contentType: request.unreadableType ?? request.headers['content-type'] ?? '',
  }
}

/** `application/json` for `Application/JSON; charset=utf-8`. */
export function mediaType(contentType: string): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase()
}
