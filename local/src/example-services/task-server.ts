import { isFailure } from '@slipway/contracts'
import { fastify } from 'fastify'
import { z } from 'zod'
import { actions, type TaskAnswer, type TaskCommand } from './task-record.ts'

/** A task service without its HTTP. */
export type TaskService = {
  readonly name: string
  readonly message: string
  readonly version: string
  /** Errors of the kind `refused` are answered with 400: the platform then takes the task as refused or failed. */
  obey(command: TaskCommand): Promise<TaskAnswer>
  close(): Promise<void>
}

export type TaskServer = AsyncDisposable & {
  /** To be registered at the platform. */
  readonly url: string
  readonly port: number
  /** Breaks off every connection and listens no more, as a process that dies; the work goes on or not as it likes. */
  vanish(): Promise<void>
  close(): Promise<void>
}

// Eight characters of Crockford's base 32, as in all ids of the Kids First Release Coordinator.
const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{8}$`, 'u'))

const commandSchema = z.object({
  action: z.enum(actions),
  task_id: id('TA'),
  release_id: id('RE'),
  // `get_status` may come without.
  studies: z.array(id('SD')).default([]),
})

/** Serves `GET /status` and `POST /tasks`. Port 0 picks a free one. */
export async function serveTasks(service: TaskService, port = 0, host = '127.0.0.1'): Promise<TaskServer> {
  const { name, message, version } = service
  const server = fastify({ forceCloseConnections: true })

  server.get('/status', () => ({ name, message, version }))

  server.post('/tasks', async (request, reply) => {
    const command = commandSchema.safeParse(request.body)
    if (!command.success) {
      const problems = command.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`)
      return reply.code(400).send({ message: problems.join('; ') })
    }
    const { task_id, release_id } = command.data
    try {
      return { task_id, release_id, ...(await service.obey(command.data)) }
    } catch (error) {
      if (!isFailure(error)) throw error
      return reply.code(error.status).send({ message: error.message })
    }
  })

  const url = await server.listen({ port, host })
  const close = async (): Promise<void> => {
    await server.close()
    await service.close()
  }
  return {
    url,
    port: Number(new URL(url).port),
    vanish: () => server.close(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
