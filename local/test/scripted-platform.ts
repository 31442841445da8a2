import { fastify } from 'fastify'

const service = (kf_id: string, name: string, author: string) => ({
  ...{ kf_id, name, author, enabled: true },
  url: `http://127.0.0.1:500${kf_id.at(-1)}`,
})

type Task = { kf_id: string; service_name: string; state: string; progress: number }

/**
 * The part of the platform's HTTP API that the demo uses, played by a test: it moves tasks and releases and decides what
 * the event stream tells of it.
 */
export async function scriptedPlatform() {
  const services = new Map([
    ['TS_00000001', service('TS_00000001', 'of an earlier run', 'demo')],
    ['TS_00000002', service('TS_00000002', 'of somebody', 'somebody')],
    ['TS_00000003', { ...service('TS_00000003', 'switched off', 'somebody'), enabled: false }],
  ])
  const common = { kf_id: 'RE_00000001', name: '', state: 'waiting', version: '0.0.1' }
  const release = { ...common, studies: [] as readonly string[], tasks: [] as Task[] }
  const streams = new Set<{ write(text: string): unknown; destroy(): unknown }>()
  const calls: string[] = []
  const faults: string[] = []
  let position = 0
  const server = fastify({ forceCloseConnections: true })

  server.addHook('onRequest', async request => {
    calls.push(`${request.method} ${request.url}`)
  })
  server.get('/task-services', () => ({ count: services.size, results: [...services.values()] }))
  server.delete<{ Params: { id: string } }>('/task-services/:id', (request, reply) => {
    services.delete(request.params.id)
    return reply.code(204).send()
  })
  server.post('/task-services', (request, reply) => {
    const { name, author, url } = request.body as { name: string; author: string; url: string }
    const added = { ...service(`TS_0000001${services.size}`, name, author), url }
    services.set(added.kf_id, added)
    return reply.code(201).send(added)
  })
  server.post('/releases', (request, reply) => {
    Object.assign(release, request.body)
    return reply.code(201).send(release)
  })
  server.get('/releases/:id', () => release)
  server.post('/releases/:id/publish', () => ({ message: 'publishing' }))
  server.get('/events', () => ({
    count: faults.length,
    results: [...faults.map(message => ({ event_type: 'error', message })), { event_type: 'info', message: 'fine' }],
  }))
  server.get('/events/stream', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write(': hello\n\n')
    streams.add(reply.raw)
    reply.raw.on('close', () => streams.delete(reply.raw))
    return reply
  })

  const send = (event: string, data: object): void => {
    position += 1
    for (const stream of streams)
      stream.write(`id: ${position}\nevent: ${event}\ndata: ${JSON.stringify({ data })}\n\n`)
  }

  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  return {
    url,
    calls,
    faults,
    services,
    release,
    streams,
    moveRelease(state: string, version = release.version) {
      Object.assign(release, { state, version })
      send(`release.${state}`, { release_id: release.kf_id, name: release.name, state, version })
    },
    moveTask(name: string, state: string, progress = 0) {
      const known = release.tasks.find(task => task.service_name === name)
      const task = known ?? { kf_id: `TA_0000000${release.tasks.length}`, service_name: name, state, progress }
      if (!known) release.tasks.push(task)
      Object.assign(task, { state, progress })
      const ids = { task_id: task.kf_id, release_id: release.kf_id, service_name: name }
      send(`task.${state}`, { ...ids, state, progress })
    },
    breakStreams() {
      for (const stream of streams) stream.destroy()
      streams.clear()
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}
