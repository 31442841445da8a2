import { Readable } from 'node:stream'
import { bulkImportOperations, failure, type ImportTarget, importTarget, invalid, isFailure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isRead } from '../api/serve-path.ts'
import { lastValue, queryParameters } from '../http/query.ts'
import type { Caller } from '../identity/authenticator.ts'
import { authenticate, requireKnown } from './authentication.ts'
import { readFields } from './body.ts'
import { boundedBody, importBody, streamBodies } from './bulk-import-body.ts'
import { refuseImport, type Target, targetOf } from './bulk-import-form.ts'
import { callOf, methodNotAllowed, route, type SourceExportsOptions } from './route.ts'
import { sendAnswer, sendJson } from './send.ts'

const { create, list, get, report, cancel } = bulkImportOperations
const unfinished = ['PENDING', 'STARTED']

/**
 * Where imports are: the path, the older one, and those that other generations of clients know. `true`: bodies are files
 * and answers are of the older kind.
 */
const paths = [
  ['/importers/bulk-import', false],
  ['/importers/bulk-import/upload', false],
  ['/importers/bulk-import/file-url', false],
  ['/importers/bulk-import/:queue', false],
  ['/importers/bulk-import/:queue/upload', false],
  ['/importers/bulk-import/:queue/file-url', false],
  ['/importers/bulk-import-inline', false],
  ['/importers/bulk-import-parallel-inline', false],
  ['/importers/bulk-import-parallel-inline/:queue', false],
  ['/manage/bulkimport', true],
  ['/manage/bulkimport/:queue', true],
] as const

/** Reading what was sent may take as long as the caller takes to send it; this is the pause that is allowed after it. */
const answerMs = 60_000

/** Imports of JSON lines: on their path, and on the older one, where bodies are files and answers are of the older kind. */
export async function bulkImportRoutes(app: FastifyInstance, options: SourceExportsOptions): Promise<void> {
  await app.register(async scope => {
    streamBodies(scope)
    for (const [path, older] of paths) {
      route(scope, path, ['GET', 'POST', 'DELETE'], (request, reply) => handle(request, reply, older))
    }
  })

  async function handle(request: FastifyRequest, reply: FastifyReply, older: boolean): Promise<FastifyReply> {
    const caller = requireKnown(await authenticate(request, options.authenticator))
    if (request.method === 'POST') return start(request, reply, caller, older)
    if (request.method === 'DELETE') return stop(request, reply, caller)
    if (!isRead(request)) throw methodNotAllowed(request)
    return show(request, reply, caller, older)
  }

  async function start(request: FastifyRequest, reply: FastifyReply, caller: Caller, older: boolean) {
    const updateIfExists = readUpdateIfExists(request)
    const { form, content, target: inForm, trailer = false } = await importBody(request, older)
    const { queue } = request.params as { queue?: string }
    const query = queryParameters(request)
    const said = inForm ?? targetOf(name => lastValue(query, name))
    const target = said && readTarget(said)
    const input = { form, updateIfExists, trailer, ...(queue !== undefined && { queue }), ...(target && { target }) }
    const call = { ...(await callOf(options, request, caller, create)), timeoutMs: answerMs }
    const { status, body } = await options.bus.upload(create, input, content, call).catch(error => {
      throw isFailure(error) ? error : failure('malformed', 'The request ended early.', { cause: error })
    })
    return reply.code(status).type('application/json').send(body)
  }

  async function show(request: FastifyRequest, reply: FastifyReply, caller: Caller, older: boolean) {
    const query = queryParameters(request)
    const { queue } = request.params as { queue?: string }
    const task = lastValue(query, 'task')
    const form = lastValue(query, 'result')
    const call = await callOf(options, request, caller, get)
    if (task === undefined) {
      const input = { username: lastValue(query, 'username'), queue: queue ?? lastValue(query, 'queue') }
      return sendAnswer(options.bus, list, input, call, request, reply)
    }
    if (older) {
      const found = await taskOf(task, call)
      const { state, username, message } = found
      if (unfinished.includes(state)) {
        return sendJson(request, reply, 202, { task, state, username, queue: found.queue })
      }
      if (form !== 'json' && form !== 'report') return reply.type('text/plain; charset=utf-8').send(message ?? state)
    }
    if (form === 'report') {
      const { body, headers } = await options.bus.openStream(report, { task }, call)
      return reply.headers(headers).send(Readable.from(body, { objectMode: false }))
    }
    return sendAnswer(options.bus, get, { task, result: form === 'json' }, call, request, reply)
  }

  async function taskOf(task: string, call: Awaited<ReturnType<typeof callOf>>) {
    const { body } = await options.bus.openStream(get, { task }, call)
    const parts: Uint8Array[] = []
    for await (const part of body) parts.push(part)
    return get.output.parse(JSON.parse(Buffer.concat(parts).toString('utf8')))
  }

  async function stop(request: FastifyRequest, reply: FastifyReply, caller: Caller) {
    const contentType = request.unreadableType ?? request.headers['content-type'] ?? ''
    const body = (await readFields({ bytes: await boundedBody(request), contentType })) as
      | { task_id?: unknown }
      | undefined
    const task = body?.task_id
    if (typeof task !== 'string' || task === '') {
      throw invalid([{ path: ['task_id'], reason: 'required', message: 'This field is required.' }])
    }
    const call = await callOf(options, request, caller, cancel)
    return sendAnswer(options.bus, cancel, { task }, call, request, reply)
  }
}

/** @throws `malformed` */
function readTarget(said: Target): ImportTarget {
  const read = importTarget.safeParse(said)
  if (read.success) return read.data
  throw refuseImport(`Invalid input. ${read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)}`)
}

function readUpdateIfExists(request: FastifyRequest): boolean {
  const word = lastValue(queryParameters(request), 'update_if_exists') ?? 'true'
  if (word !== 'true' && word !== 'false') throw refuseImport("update_if_exists must be either 'true' or 'false'")
  return word === 'true'
}
