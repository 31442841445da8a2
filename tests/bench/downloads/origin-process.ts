import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerParent } from '../ground/child.ts'

const piece = Buffer.alloc(1024 * 1024, 'slipway ')

/** Serves `/<bytes>`: so many, as fast as the other side takes them. */
async function start(): Promise<{ url: string }> {
  const server = createServer(async (request, response) => {
    const size = Number(request.url?.slice(1))
    response.writeHead(200, { 'content-length': size, 'content-type': 'application/octet-stream', etag: '"1"' })
    const closed = once(response, 'close')
    for (let left = size; left > 0 && !response.destroyed; left -= piece.length) {
      const room = response.write(left < piece.length ? piece.subarray(0, left) : piece)
      if (!room) await Promise.race([once(response, 'drain'), closed])
    }
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

answerParent(start)
