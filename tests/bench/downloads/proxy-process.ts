import { once } from 'node:events'
import { Agent, request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerParent } from '../ground/child.ts'

/** The least that a streaming proxy can be: no callers, no rights, no guard, no record; headers as they come. */
async function start({ origin }: { readonly origin: string }): Promise<{ url: string }> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((request, response) => {
    ask(origin + request.url, { agent }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

answerParent(start)
