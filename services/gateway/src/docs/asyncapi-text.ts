import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { AsyncApiOptions } from '@slipway/contracts'

/** The description of the bus as JSON, made in a thread of its own: it takes the better part of a second. */
export async function asyncApiText(options: AsyncApiOptions): Promise<string> {
  const worker = new Worker(new URL('asyncapi-worker.ts', import.meta.url), { workerData: options })
  const [text] = (await once(worker, 'message')) as [string]
  return text
}
