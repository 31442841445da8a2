import autocannon from 'autocannon'
import { answerParent } from '../ground/child.ts'
import type { Load, Loaded } from './load.ts'

/**
 * Sends requests over keep-alive connections, the next one as soon as the last is answered. Latencies are our own list:
 * the generator's histogram counts whole milliseconds.
 */
function run({ url, connections, seconds, method = 'GET', body, headers = {} }: Load): Promise<Loaded> {
  const latencies: number[] = []
  let failed = 0
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const options: autocannon.Options = { url, connections, duration: seconds, method, headers, sampleInt: 50 }
    if (body !== undefined) options.body = body
    const instance = autocannon(options, error => {
      if (error) return reject(error)
      const elapsed = (performance.now() - startedAt) / 1000
      latencies.sort((a, b) => a - b)
      const at = (part: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0
      resolve({
        perSecond: latencies.length / elapsed,
        p50: at(0.5),
        p99: at(0.99),
        failed,
        requests: latencies.length,
      })
    })
    instance.on('response', (_client, status, _bytes, milliseconds) => {
      if (status < 200 || status > 299) failed += 1
      latencies.push(milliseconds)
    })
    instance.on('reqError', () => {
      failed += 1
    })
  })
}

answerParent(run)
