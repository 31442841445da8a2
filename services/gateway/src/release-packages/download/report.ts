import type { Bus } from '@slipway/bus'
import { downloadOperations, type InputOf, isFailure } from '@slipway/contracts'
import type { Worker } from '@slipway/service'
import { jitteredBackoff, type Store, setTimer, startTimers } from '@slipway/store'
import type { Logger } from 'pino'

export type DownloadReport = InputOf<typeof downloadOperations.record>

export type DownloadReports = {
  /** Tells the catalog how a download ended: now, or as soon as it answers again. */
  add(report: DownloadReport): void
  /** Tells what could not be told before. Stopping it waits until everything is told or written down. */
  start(): Worker
}

const timerName = 'download-report'
const tellMs = 2_000
const backoffMs = jitteredBackoff({ baseMs: 200, maxMs: 5_000 })
const most = 20

/**
 * Reports of ended downloads. What the catalog does not take at once becomes a row of the gateway's own database, so it
 * outlives both processes. Should this process die before that, the catalog records the download as broken a day later.
 */
export function downloadReports({
  store,
  bus,
  log,
}: {
  readonly store: Store
  readonly bus: Bus
  readonly log: Logger
}): DownloadReports {
  const pending = new Set<Promise<void>>()
  let kick = () => {}
  let stopping = false

  const tell = (report: DownloadReport) => bus.request(downloadOperations.record, report, { timeoutMs: tellMs })

  async function keep(report: DownloadReport): Promise<void> {
    try {
      await tell(report)
    } catch {
      await writeDown(report)
    }
  }

  async function writeDown(report: DownloadReport): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await setTimer(store, { name: timerName, key: report.downloadId, payload: report })
        return kick()
      } catch (error) {
        if (attempt === most || stopping)
          return log.error({ err: error, report }, 'the end of a download could not be recorded')
        await new Promise(resolve => setTimeout(resolve, backoffMs(attempt)))
      }
    }
  }

  return {
    add(report) {
      const kept = keep(report).finally(() => pending.delete(kept))
      pending.add(kept)
    },
    start() {
      const timers = startTimers<DownloadReport>({
        store,
        name: timerName,
        async handle({ payload }) {
          await tell(payload).catch(error => {
            // The same report will not be readable later either.
            if (!isFailure(error, 'invalid', 'malformed')) throw error
            log.error({ err: error, report: payload }, 'the end of a download was refused')
          })
        },
        backoffMs,
        log,
      })
      kick = () => timers.kick()
      return {
        async stop() {
          stopping = true
          await Promise.all(pending)
          await timers.stop()
        },
      }
    },
  }
}
