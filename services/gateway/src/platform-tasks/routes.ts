import { failure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendAnswerOf, sendReply } from '../api/answers.ts'
import { type ApiOptions, callOptions } from '../api/api-options.ts'
import { serveFailures } from '../api/failures.ts'
import { allowOf, methodOf, serveNothingBelow, servePath } from '../api/serve-path.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { traceparentOf } from '../http/trace.ts'
import type { Caller } from '../identity/authenticator.ts'
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

const roots = ['/api/v1/tasks', '/api/v1/jobs', '/api/v1/as-curator', '/api/v1/as-user']
const limits = { readMs: 15_000, writeMs: 30_000 }

/** The tasks API of Genestack ODM with its companions, at the original paths. */
export async function platformTasks(app: FastifyInstance, options: ApiOptions): Promise<void> {
  await app.register(async scope => serve(scope, options))
}

async function serve(app: FastifyInstance, options: ApiOptions): Promise<void> {
  app.decorateRequest('taskCaller', undefined)
  serveFailures(app, {
    render: (error, request) => renderError(error, traceparentOf(request).split('-')[1] as string),
    // Not Basic, for which browsers would open a dialogue.
    challenge: 'Bearer realm="odm"',
    type: 'application/json; charset=utf-8',
    logError: options.logError,
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
    for (const root of roots) serveNothingBelow(scope, root)
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

/** A path with all its methods. */
function hang(app: FastifyInstance, path: string, ofPath: readonly Endpoint[], options: ApiOptions): void {
  const byMethod = new Map(ofPath.map(endpoint => [endpoint.method, endpoint]))
  const allow = allowOf(byMethod.keys(), { options: false })
  servePath(app, path, {
    async handler(request, reply) {
      const endpoint = byMethod.get(methodOf(request) as Method)
      if (endpoint) return answer(endpoint, request, reply, options)
      reply.header('allow', allow)
      throw failure('method_not_allowed', 'Method not allowed.')
    },
  })
}

async function answer(
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ApiOptions,
): Promise<FastifyReply> {
  const { bus } = options
  const { operation, waits } = endpoint
  const call = await callOptions(options, request, request.taskCaller as Caller, operation, limits)
  const input = inputOf(endpoint, request)
  const seconds = waits ? waitSeconds(request) : 0
  if (seconds === 0) return sendAnswerOf(bus, operation, input, call, request, reply)
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  reply.header('preference-applied', `wait=${seconds}`)
  const knows = request.headers['if-none-match'] !== undefined
  const ask = () => bus.request(operation, input, call)
  return sendReply(await askUntilChanged(seconds, gone.signal, knows, ask), reply)
}
