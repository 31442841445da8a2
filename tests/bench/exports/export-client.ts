import { setTimeout as delay } from 'node:timers/promises'

/** The API as a client of it uses it. */
export type ExportClient = {
  request(method: string, path: string, body?: unknown): Promise<Response>
  /** Imports lines; seconds from the start of the work to its end, as the task tells them. */
  importLines(lines: readonly string[]): Promise<{ seconds: number; uploadSeconds: number }>
  /** Has the export of a version made anew; seconds until it can be fetched. */
  makeExport(version: string): Promise<number>
}

const pieceLines = 200

export function exportClient(url: string, token: string): ExportClient {
  const headers = { authorization: `Token ${token}` }

  async function request(method: string, path: string, body?: unknown): Promise<Response> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...sent,
    })
    if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
  }

  async function* bytesOf(lines: readonly string[]) {
    for (let at = 0; at < lines.length; at += pieceLines) {
      yield Buffer.from(`${lines.slice(at, at + pieceLines).join('\n')}\n`)
    }
  }

  return {
    request,
    async importLines(lines) {
      const begun = performance.now()
      const response = await fetch(`${url}/importers/bulk-import/`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-ndjson' },
        body: ReadableStream.from(bytesOf(lines)),
        duplex: 'half',
      } as RequestInit)
      const uploadSeconds = (performance.now() - begun) / 1000
      if (response.status !== 202) throw new Error(`the import was refused: ${await response.text()}`)
      const { task } = (await response.json()) as { task: string }
      for (;;) {
        const answer = await request('GET', `/importers/bulk-import/?task=${task}`)
        const { state, report, message, runtime } = (await answer.json()) as Task
        if (state === 'SUCCESS' && report.created === lines.length) return { seconds: runtime, uploadSeconds }
        if (state !== 'PENDING' && state !== 'STARTED') throw new Error(`the import ended as ${state}: ${message}`)
        await delay(250)
      }
    },
    async makeExport(version) {
      const begun = performance.now()
      await request('POST', `${version}export/`)
      while ((await request('HEAD', `${version}export/`)).status !== 200) await delay(20)
      return (performance.now() - begun) / 1000
    },
  }
}

type Task = {
  readonly state: string
  readonly report: { readonly created: number }
  readonly message: string
  readonly runtime: number
}
