import { randomUUID } from 'node:crypto'
import { newId } from '@slipway/contracts'
import { openStore } from '@slipway/store'
import { fastify } from 'fastify'
import { pino } from 'pino'
import { answerParent } from '../ground/child.ts'
import type { RecordedStatement } from '../ground/record-statements.ts'

export type OneProcessOptions = {
  /** Where reads go, and where writes go. */
  readonly databaseUrl: string
  readonly writeUrl: string
  readonly item: RecordedStatement
  /** The list without its count. */
  readonly list: RecordedStatement
  readonly create: RecordedStatement
}

/**
 * The same statements as the platform's, in one fastify process without a bus: read over the same pipelined
 * connections, JSON made by Postgres, passed through. It checks nothing and knows no callers.
 */
async function start({ databaseUrl, writeUrl, item, list, create }: OneProcessOptions): Promise<{ url: string }> {
  const log = pino({ level: 'warn' })
  const reads = await openStore({ url: databaseUrl, log, name: 'one-process' })
  const writes = await openStore({ url: writeUrl, log, name: 'one-process' })
  const server = fastify()

  const base = (host: string) => (value: string | null) =>
    value?.startsWith('http://') === true ? `http://${host}` : value
  server.get<{ Params: { id: string } }>('/releases/:id', async (request, reply) => {
    const values = item.values
      .map(base(request.host))
      .map(value => (value?.startsWith('RE_') ? request.params.id : value))
    const [row] = await reads.read<{ body: string }>(item, values)
    return row ? reply.header('content-type', 'application/json').send(row.body) : reply.code(404).send({})
  })
  server.get('/releases', async (request, reply) => {
    const [row] = await reads.read<{ results: string }>(list, list.values.map(base(request.host)))
    return reply.header('content-type', 'application/json').send(`{"results":${row?.results}}`)
  })
  server.post<{ Body: { message: string } }>('/events', async (request, reply) => {
    const fresh = (value: string | null) => {
      if (value?.startsWith('EV_')) return newId('EV')
      if (value === 'recorded') return request.body.message
      return value?.length === 36 ? randomUUID() : value
    }
    const [row] = await writes.write<{ body: string }>(create, create.values.map(base(request.host)).map(fresh))
    return reply.code(201).header('content-type', 'application/json').send(row?.body)
  })
  return { url: await server.listen({ port: 0, host: '127.0.0.1' }) }
}

answerParent(start)
