import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendJson } from './send-json.ts'

const page = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Not found</title></head>
<body><h1>Not found</h1><p>There is nothing at this address. <a href="/rest_api/v1/">The API begins here.</a></p></body>
</html>
`

/** An unknown path: JSON for whoever names it as what he takes, like the client of PDC; a page for all others. */
export function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.headers.accept?.includes('application/json')) return sendJson(reply, 404, { detail: 'Not found' })
  return reply.code(404).header('content-type', 'text/html; charset=utf-8').send(page)
}
