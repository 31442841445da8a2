import { Readable } from 'node:stream'
import type { Bus, CallOptions } from '@slipway/bus'
import { failure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { commandIdOf } from '../http/command-id.ts'
import { hasEmptyParameter } from '../http/empty-parameter.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { traceparentOf } from '../http/trace.ts'
import type { Authenticator, Caller } from '../identity/authenticator.ts'
import { authenticate } from './authentication.ts'
import { type Endpoint, endpoints, inputOf, type Method } from './endpoints.ts'
import { renderError } from './error-shape.ts'
import { askUntilChanged, waitSeconds } from './long-poll.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls the tasks API: known before anything else of a request is looked at. */
    taskCaller: Caller | undefined
  }
}

export type PlatformTasksOptions = {
  readonly bus: Bus
  readonly authenticator: Authenticator
  readonly baseUrlOf: (request: FastifyRequest) => string
  /** Told of what was answered with 500 or more. */
  readonly logError: (error: unknown, request: FastifyRequest) => void
}

/** Methods that the router knows: those that a path lacks are answered with 405. */
const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']
const roots = ['/api/v1/tasks', '/api/v1/jobs', '/api/v1/as-curator', '/api/v1/as-user']
const readMs = 15_000
const writeMs = 30_000

/** The tasks API of Genestack ODM with its companions, at the original paths. */
export async function platformTasks(app: FastifyInstance, options: PlatformTasksOptions): Promise<void> {
  await app.register(async scope => serve(scope, options))
}

async function serve(app: FastifyInstance, options: PlatformTasksOptions): Promise<void> {
  app.decorateRequest('taskCaller', undefined)
  app.setErrorHandler((error, request, reply) => {
    const { status, body, retryAfter } = renderError(error, traceparentOf(request).split('-')[1] as string)
    if (status >= 500) options.logError(error, request)
    // Not Basic, for which browsers would open a dialogue.
    if (status === 401) reply.header('www-authenticate', 'Bearer realm="odm"')
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
    return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(body))
  })
  // Before a body is read: whoever is not known learns nothing else.
  app.addHook('onRequest', async request => {
    request.taskCaller = await authenticate(request, options.authenticator)
  })

  const byPath = [...Map.groupBy(endpoints, endpoint => endpoint.path)]
  await app.register(async scope => {
    keepRawBodies(scope)
    for (const [path, ofPath] of byPath) if (ofPath.some(({ body }) => body)) hang(scope, path, ofPath, options)
  })
  await app.register(async scope => {
    ignoreBodies(scope)
    for (const [path, ofPath] of byPath) if (!ofPath.some(({ body }) => body)) hang(scope, path, ofPath, options)
    for (const root of roots) {
      scope.all(`${root}/*`, () => {
        throw failure('not_found', 'Not found.')
      })
    }
  })
}

/** Clients send empty bodies called JSON or a form, and some send fields: none of it is looked at. */
function ignoreBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null, undefined)
  })
  app.addHook('onRequest', async ({ headers }) => {
    if (headers['content-type'] !== undefined) headers['content-type'] = 'application/octet-stream'
  })
}

/** A path with and without the slash at its end, with an answer to every method. */
function hang(app: FastifyInstance, path: string, ofPath: readonly Endpoint[], options: PlatformTasksOptions): void {
  const byMethod = new Map(ofPath.map(endpoint => [endpoint.method, endpoint]))
  const allow = [...byMethod.keys(), ...(byMethod.has('GET') ? ['HEAD'] : [])].join(', ')
  for (const url of [path, `${path}/`]) {
    app.route({
      method: allMethods,
      url,
      async handler(request, reply) {
        if (hasEmptyParameter(request)) throw failure('not_found', 'Not found.')
        const endpoint = byMethod.get((request.method === 'HEAD' ? 'GET' : request.method) as Method)
        if (!endpoint) {
          reply.header('allow', allow)
          throw failure('method_not_allowed', 'Method not allowed.')
        }
        return answer(endpoint, request, reply, options)
      },
    })
  }
}

async function answer(
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  { bus, baseUrlOf }: PlatformTasksOptions,
): Promise<FastifyReply> {
  const { operation } = endpoint
  const caller = request.taskCaller as Caller
  const isWrite = operation.effect === 'write'
  const call: CallOptions = {
    identity: await caller.identityToken(),
    baseUrl: baseUrlOf(request),
    traceparent: traceparentOf(request),
    timeoutMs: isWrite ? writeMs : readMs,
    commandId: isWrite ? commandIdOf(request, caller.identity) : undefined,
  }
  const input = inputOf(endpoint, request) as never
  if (operation.flow === 'streamed-answer') {
    const streamed = await bus.openStream(operation, input, call)
    reply.code(streamed.status).headers(streamed.headers).header('content-type', 'application/json')
    if (request.method !== 'HEAD') return reply.send(Readable.from(streamed.body, { objectMode: false }))
    streamed.cancel()
    return reply.send()
  }
  const ask = () => bus.request(operation, input, call)
  const seconds = endpoint.waits ? waitSeconds(request) : 0
  const knows = request.headers['if-none-match'] !== undefined
  const { status, headers, body } = seconds > 0 ? await wait() : await ask()
  reply.code(status).headers(headers)
  if (body.length === 0) return reply.send()
  reply.header('content-type', 'application/json')
  return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))

  async function wait() {
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    reply.header('preference-applied', `wait=${seconds}`)
    return askUntilChanged(seconds, gone.signal, knows, ask)
  }
}
