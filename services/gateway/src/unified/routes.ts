import { failure, nextPageHeader } from '@slipway/contracts'
import { entityTag, hasTag } from '@slipway/service'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ApiOptions, callOptions } from '../api/api-options.ts'
import { failureSender } from '../api/failures.ts'
import { allowOf, type Handler, isRead, methodOf, servePath } from '../api/serve-path.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { callerIfAny } from '../identity/caller.ts'
import { inputOf } from './input.ts'
import { platformRoutes } from './platform.routes.ts'
import { renderProblem } from './problem.ts'
import type { UnifiedRoute } from './route.ts'
import { studyRoutes } from './study.routes.ts'

export const unifiedRoutes: readonly UnifiedRoute[] = [...studyRoutes, ...platformRoutes]

const limits = { readMs: 10_000, writeMs: 15_000 }

/** `/v1`: the platform's own API, in one style. */
export async function unifiedApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  await app.register(async scope => serve(scope, options), { prefix: '/v1' })
}

function serve(app: FastifyInstance, options: ApiOptions): void {
  const { baseUrlOf, logError } = options
  const fail = failureSender({
    render: (error, request) => renderProblem(error, request, baseUrlOf(request)),
    challenge: 'Bearer',
    type: 'application/problem+json',
    logError,
  })

  keepRawBodies(app)
  app.addHook('onRequest', (request, reply, done) => {
    if (isRead(request)) reply.header('cache-control', 'no-cache')
    done()
  })
  app.setErrorHandler(fail)
  app.setNotFoundHandler((request, reply) =>
    fail(failure('not_found', 'There is nothing at this address.'), request, reply),
  )

  const collections = new Set(unifiedRoutes.map(({ path }) => path.slice(1)).filter(path => !path.includes('/')))
  hang(app, '/', {
    GET: async (request, reply) => {
      const links = Object.fromEntries([...collections].sort().map(name => [name, `${baseUrlOf(request)}/v1/${name}`]))
      return send(request, reply, 200, Buffer.from(JSON.stringify({ links })))
    },
  })
  for (const [path, routes] of Map.groupBy(unifiedRoutes, route => route.path)) {
    hang(app, path, Object.fromEntries(routes.map(route => [route.method, handlerOf(route, options)])))
  }
}

/** One address with all its methods; those that it lacks are refused, naming those that it has. */
function hang(app: FastifyInstance, url: string, handlers: Readonly<Record<string, Handler>>): void {
  const allow = allowOf(Object.keys(handlers))
  servePath(app, url, {
    slash: false,
    async handler(request, reply) {
      if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send()
      const handle = handlers[methodOf(request)]
      if (handle) return handle(request, reply)
      reply.header('allow', allow)
      throw failure('method_not_allowed', `The address knows ${allow}, not ${request.method}.`)
    },
  })
}

function handlerOf({ operation, timeoutMs }: UnifiedRoute, options: ApiOptions): Handler {
  const { bus, authenticator, baseUrlOf } = options
  const ownLimits = timeoutMs === undefined ? limits : { readMs: timeoutMs, writeMs: timeoutMs }
  return async (request, reply) => {
    requireJsonAccepted(request.headers.accept)
    const caller = await callerIfAny(request, authenticator)
    if (!caller && operation.errors.includes('unauthenticated')) {
      throw failure('unauthenticated', 'Valid credentials are needed.')
    }
    const input = inputOf(operation, request)
    const call = await callOptions(options, request, caller, operation, ownLimits)
    const { status, headers, body } = await bus.request(operation, input, call)
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() !== nextPageHeader.toLowerCase()) reply.header(name, value)
      else reply.header('link', linkToNext(baseUrlOf(request), request, value))
    }
    return send(request, reply, status, Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  }
}

/** The same list from the cursor on. */
function linkToNext(baseUrl: string, { url }: FastifyRequest, cursor: string): string {
  const [path, query] = url.split('?', 2)
  const others = (query ?? '').split('&').filter(part => part !== '' && !part.startsWith('cursor='))
  return `<${baseUrl}${path}?${[...others, `cursor=${cursor}`].join('&')}>; rel="next"`
}

/** What is read carries a tag of its bytes; who has them already is told so. */
function send(request: FastifyRequest, reply: FastifyReply, status: number, body: Buffer): FastifyReply {
  reply.code(status).header('content-type', 'application/json')
  if (!isRead(request)) return reply.send(body)
  const tag = entityTag(body)
  reply.header('etag', tag)
  const known = request.headers['if-none-match']
  if (known !== undefined && hasTag(known, tag, { weak: true })) {
    return reply.code(304).removeHeader('content-type').send()
  }
  return reply.send(body)
}

/** @throws `not_acceptable` */
function requireJsonAccepted(accept: string | undefined): void {
  if (!accept) return
  const ranges = accept.split(',').map(range => (range.split(';', 1)[0] as string).trim().toLowerCase())
  if (ranges.some(range => ['*/*', 'application/*', 'application/json'].includes(range))) return
  throw failure('not_acceptable', 'Answers are application/json.')
}
