import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { answerParent } from '../ground/child.ts'

export type TaskServicesOptions = {
  readonly count: number
  /** How long each takes to answer a request for a task. */
  readonly answerMs: number
  readonly platformUrl: string
  readonly token: string
}

const accepted: Readonly<Record<string, string>> = { start: 'running', publish: 'publishing' }
const done: Readonly<Record<string, string>> = { start: 'staged', publish: 'published' }
const reportAgainMs = 5

/** Task services that need a while to answer, and are done with their work as soon as they have answered. */
async function start({ count, answerMs, platformUrl, token }: TaskServicesOptions): Promise<string[]> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

  /** A report that comes before the platform has read our answer is refused: we are the faster ones. */
  async function report(task: string, state: string) {
    const body = JSON.stringify({ state, progress: 100 })
    for (let tries = 0; tries < 200; tries += 1) {
      const { ok } = await fetch(`${platformUrl}/tasks/${task}`, { method: 'PATCH', headers, body })
      if (ok) return
      await delay(reportAgainMs)
    }
    throw new Error(`the report of ${task} was never taken`)
  }

  async function open(): Promise<string> {
    const server = createServer(async (request, response) => {
      response.setHeader('content-type', 'application/json')
      if (request.method === 'GET') {
        response.end('{"name":"bench"}')
        return
      }
      const { action, task_id } = JSON.parse(await text(request)) as { action: string; task_id: string }
      await delay(answerMs)
      response.end(JSON.stringify({ state: accepted[action] }))
      const state = done[action]
      if (state) await report(task_id, state)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  return Promise.all(Array.from({ length: count }, open))
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

answerParent(start)
