/**
 * Loaded before a service's own program (`node --import`). When the launcher dies without stopping its services, even by
 * SIGKILL, the channel to it breaks: the service then stops as on SIGTERM instead of working on beside the next launcher.
 */
import { isMainThread } from 'node:worker_threads'

const graceMs = 12_000

if (isMainThread && process.connected) {
  process.on('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref()
    process.kill(process.pid, 'SIGTERM')
  })
  // The listener alone would keep a service alive that has nothing left to do.
  process.channel?.unref()
}
