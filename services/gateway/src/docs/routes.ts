import { fileURLToPath } from 'node:url'
import helmet from '@fastify/helmet'
import statics from '@fastify/static'
import type { AsyncApiOptions } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { asyncApiText } from './asyncapi-text.ts'
import { errorPage } from './error-page.ts'
import { contentSecurityPolicy, page, startScript } from './page.ts'

/** One API and its OpenAPI document. */
export type ApiDocument = {
  /** In the address: `/openapi/<name>.json`. */
  readonly name: string
  readonly title: string
  readonly document: unknown
}

/**
 * The descriptions of all APIs and of the bus, for programs and for people. The first one also stands at the places clients
 * know. That of the bus is made when it is first asked for.
 */
export async function docsRoutes(
  app: FastifyInstance,
  { documents, asyncApi }: { documents: readonly ApiDocument[]; asyncApi: AsyncApiOptions },
): Promise<void> {
  await app.register(helmet, { contentSecurityPolicy, strictTransportSecurity: false })
  await app.register(statics, {
    root: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
    prefix: '/docs/assets/',
    index: false,
    decorateReply: false,
    maxAge: '1d',
  })

  const send = (type: string, text: string) => {
    const bytes = Buffer.from(text)
    return async (_request: unknown, reply: FastifyReply) => reply.header('content-type', type).send(bytes)
  }
  const urls = documents.map(({ name, title }) => ({ name: title, url: `/openapi/${name}.json` }))
  for (const { name, document } of documents) {
    app.get(`/openapi/${name}.json`, send('application/json', JSON.stringify(document)))
  }
  const first = JSON.stringify(documents[0]?.document, null, 2)
  app.get('/openapi.json', send('application/json', first))
  app.get('/swagger.json', send('application/json', first))
  // JSON is YAML, too.
  app.get('/swagger.yaml', send('application/yaml', first))
  let bus: Promise<string> | undefined
  app.get('/docs/asyncapi.json', async (_request, reply) => {
    bus ??= asyncApiText(asyncApi)
    bus.catch(() => {
      bus = undefined
    })
    return reply.header('content-type', 'application/json').send(await bus)
  })
  app.get('/docs/errors', send('text/html; charset=utf-8', errorPage))
  app.get('/docs/start.js', send('text/javascript; charset=utf-8', startScript(urls)))
  for (const path of ['/docs', '/swagger/', '/redoc/']) app.get(path, send('text/html; charset=utf-8', page))
}
