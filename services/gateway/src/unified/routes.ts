import type { Bus } from '@slipway/bus'
import { failure, nextPageHeader } from '@slipway/contracts'
import { entityTag, hasTag } from '@slipway/service'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { commandIdOf } from '../http/command-id.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { traceparentOf } from '../http/trace.ts'
import type { Authenticator } from '../identity/authenticator.ts'
import { callerIfAny } from '../identity/caller.ts'
import { inputOf } from './input.ts'
import { platformRoutes } from './platform.routes.ts'
import { sendProblem } from './problem.ts'
import type { UnifiedRoute } from './route.ts'
import { studyRoutes } from './study.routes.ts'

export type UnifiedApiOptions = {
  readonly bus: Bus
  readonly authenticator: Authenticator
  readonly baseUrlOf: (request: FastifyRequest) => string
  /** Told of what was answered with 500 or more. */
  readonly logError: (error: unknown, request: FastifyRequest) => void
}

export const unifiedRoutes: readonly UnifiedRoute[] = [...studyRoutes, ...platformRoutes]

/** Methods that the router knows: those that an address lacks are answered with 405. */
const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const readMs = 10_000
const writeMs = 15_000

/** `/v1`: the platform's own API, in one style. */
export async function unifiedApi(app: FastifyInstance, options: UnifiedApiOptions): Promise<void> {
  await app.register(async scope => serve(scope, options), { prefix: '/v1' })
}

function serve(app: FastifyInstance, options: UnifiedApiOptions): void {
  const { baseUrlOf, logError } = options
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    sendProblem(error, request, reply, { baseUrl: baseUrlOf(request), log: logError })

  keepRawBodies(app)
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method === 'GET' || request.method === 'HEAD') reply.header('cache-control', 'no-cache')
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

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** One address with all its methods; those that it lacks are refused, naming those that it has. */
function hang(app: FastifyInstance, url: string, handlers: Readonly<Record<string, Handler>>): void {
  const known = [...Object.keys(handlers), ...('GET' in handlers ? ['HEAD'] : []), 'OPTIONS']
  const allow = known.join(', ')
  app.route({
    method: allMethods,
    url,
    async handler(request, reply) {
      const { method } = request
      if (method === 'OPTIONS') return reply.code(204).header('allow', allow).send()
      const handle = handlers[method === 'HEAD' ? 'GET' : method]
      if (handle) return handle(request, reply)
      reply.header('allow', allow)
      throw failure('method_not_allowed', `The address knows ${allow}, not ${method}.`)
    },
  })
}

function handlerOf(
  { operation, timeoutMs }: UnifiedRoute,
  { bus, authenticator, baseUrlOf }: UnifiedApiOptions,
): Handler {
  const isWrite = operation.effect === 'write'
  return async (request, reply) => {
    requireJsonAccepted(request.headers.accept)
    const caller = await callerIfAny(request, authenticator)
    if (!caller && operation.errors.includes('unauthenticated')) {
      throw failure('unauthenticated', 'Valid credentials are needed.')
    }
    const answer = await bus.request(operation, inputOf(operation, request) as never, {
      identity: await caller?.identityToken(),
      baseUrl: baseUrlOf(request),
      traceparent: traceparentOf(request),
      timeoutMs: timeoutMs ?? (isWrite ? writeMs : readMs),
      commandId: isWrite ? commandIdOf(request, caller?.identity ?? null) : undefined,
    })
    const { body } = answer
    for (const [name, value] of Object.entries(answer.headers)) {
      if (name.toLowerCase() === nextPageHeader.toLowerCase())
        reply.header('link', linkToNext(baseUrlOf(request), request, value))
      else reply.header(name, value)
    }
    return send(request, reply, answer.status, Buffer.from(body.buffer, body.byteOffset, body.byteLength))
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
  if (request.method !== 'GET' && request.method !== 'HEAD') return reply.send(body)
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
