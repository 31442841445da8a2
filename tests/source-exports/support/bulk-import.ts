import { once } from 'node:events'
import { Agent, request as open } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { eventually } from '@slipway/testing'
import { expect } from 'vitest'
import type { Answer, Client } from './client.ts'
import type { Callers } from './platform.ts'

export const bulkImport = '/importers/bulk-import/'
export const ndjson = { 'content-type': 'application/x-ndjson' }
const owner = { owner: 'IMP', owner_type: 'Organization' }

/** A line of a concept in the source `S` of the organization `IMP`. */
export const concept = (id: string, more: object = {}) => ({
  ...{ type: 'Concept', id, ...owner, source: 'S', concept_class: 'Test', datatype: 'N/A' },
  ...{ names: [{ name: `name of ${id}`, locale: 'en', name_type: 'Fully Specified' }], ...more },
})
export const linesOf = (...lines: object[]) => lines.map(line => JSON.stringify(line)).join('\n')

/** What tests of imports do on a platform, again and again. */
export function importActions(running: { readonly url: string; readonly as: Callers }) {
  async function finished(task: string, as: Client = running.as.ada): Promise<Answer> {
    return eventually(async () => {
      const answer = await as.get(`${bulkImport}?task=${task}&result=json`)
      return !['PENDING', 'STARTED'].includes(answer.body.state) && answer
    }) as Promise<Answer>
  }
  async function imported(sent: Promise<Answer>): Promise<Answer['body']> {
    const answer = await sent
    expect(answer).toMatchObject({ status: 202, body: { name: 'bulk_import', children: [] } })
    return (await finished(answer.body.id)).body
  }

  function multipart(parts: readonly { name: string; file?: string; content: string | Buffer }[], to = bulkImport) {
    const body = Buffer.concat([
      ...parts.flatMap(({ name, file, content }) => [
        Buffer.from(
          `--b\r\nContent-Disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}\r\n\r\n`,
        ),
        Buffer.from(content),
        Buffer.from('\r\n'),
      ]),
      Buffer.from('--b--\r\n'),
    ])
    return send(body, { 'content-type': 'multipart/form-data; boundary=b' }, to)
  }

  /** Sends bytes as they are. */
  async function send(body: Buffer | AsyncIterable<Buffer>, headers: object, to = bulkImport): Promise<Answer> {
    const outgoing = open(new URL(to, running.url), {
      method: 'POST',
      agent: new Agent(),
      headers: { authorization: 'Token token-of-ada', ...headers },
    })
    // An answer may come before everything is sent; then nothing more is.
    let isAnswered = false
    const answered = once(outgoing, 'response').finally(() => {
      isAnswered = true
    })
    // What is on its way when the server has said enough comes back as an error.
    outgoing.on('error', () => {})
    if (Buffer.isBuffer(body)) outgoing.end(body)
    else {
      for await (const piece of body) {
        if (!isAnswered && !outgoing.write(piece)) {
          await Promise.race([new Promise(resolve => outgoing.once('drain', resolve)), answered])
        }
        if (isAnswered) break
      }
      outgoing.end()
    }
    const [incoming] = await answered
    const bytes = await buffer(incoming)
    const text = bytes.toString('utf8')
    return { status: incoming.statusCode, headers: incoming.headers, bytes, text, body: JSON.parse(text) }
  }

  return { finished, imported, multipart, send }
}
