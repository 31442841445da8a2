import type { Bus } from '@slipway/bus'
import type { Worker } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import { createOrigin, type Origin } from './origin.ts'
import { type DownloadReports, downloadReports } from './report.ts'
import { type DownloadConfig, originSettings } from './settings.ts'

/** What downloads need while the gateway runs. */
export type Downloads = {
  readonly origin: Origin
  readonly reports: DownloadReports
  /** Milliseconds after which a client that takes nothing is taken for gone. */
  readonly stallMs: number
  readonly log: Logger
  start(): Worker
  close(): Promise<void>
}

export function openDownloads({
  config,
  store,
  bus,
  log,
}: {
  readonly config: DownloadConfig
  readonly store: Store
  readonly bus: Bus
  readonly log: Logger
}): Downloads {
  const origin = createOrigin(originSettings(config))
  const reports = downloadReports({ store, bus, log })
  return {
    origin,
    reports,
    stallMs: config.DOWNLOAD_STALL_TIMEOUT * 1_000,
    log,
    start: reports.start,
    close: origin.close,
  }
}
