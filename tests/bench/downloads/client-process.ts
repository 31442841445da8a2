import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { answerParent } from '../ground/child.ts'

export type Fetch = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** At the same time. */
  readonly times: number
  /** That each of them must bring. */
  readonly bytes: number
}

/** Milliseconds until all are there; fails when a byte is missing. */
export type Fetched = { readonly ms: number }

async function one({ url, headers, bytes }: Fetch): Promise<void> {
  const sent = request(url, { headers, agent: false })
  sent.end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  let count = 0
  answer.on('data', (piece: Buffer) => {
    count += piece.length
  })
  await once(answer, 'end')
  if (answer.statusCode !== 200 || count !== bytes) throw new Error(`${url}: ${answer.statusCode}, ${count} bytes`)
}

async function fetchAll(wanted: Fetch): Promise<Fetched> {
  const started = performance.now()
  await Promise.all(Array.from({ length: wanted.times }, () => one(wanted)))
  return { ms: performance.now() - started }
}

answerParent(fetchAll)
