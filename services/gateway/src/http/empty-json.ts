import type { FastifyInstance } from 'fastify'
import { readJson } from './json-body.ts'

/** Clients label empty bodies as JSON; the framework would refuse them. */
export function acceptEmptyJson(app: FastifyInstance): void {
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    body.length === 0 ? undefined : readJson(body),
  )
}
