import type { ServiceToken } from '@slipway/service'
import { type Run, type Store, startWorker, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import type { AskStatusPage } from '../task-service/status-page.ts'
import { type DueCheck, type Retention, recordHealthCheck, releaseCheck, takeDueChecks } from './health-check.store.ts'
import { afterCheck, judge } from './health-check.ts'

export type HealthCheckOptions = {
  readonly store: Store
  readonly askStatusPage: AskStatusPage
  readonly token: ServiceToken
  readonly log: Logger
  /** Milliseconds from the start of one check of a service to the next. */
  readonly everyMs: number
  /** Milliseconds that a status page may take to answer. */
  readonly answerMs: number
  /** Checks that run at the same time. */
  readonly concurrency: number
  readonly retention: Retention
}

/** Milliseconds for what a check does beside waiting for the answer: a token, recording. Then it counts as lost. */
const leaseMarginMs = 30_000

/**
 * Checks the health of all task services: each at its own time, all at the same time, by whichever replica comes
 * first. A redirect is a good answer and is not followed, because the token is meant for the registered host only.
 */
export function startHealthChecks(options: HealthCheckOptions): Worker {
  const { store, askStatusPage, token, log, everyMs, answerMs, concurrency, retention } = options

  async function check(due: DueCheck, { leaving }: Run): Promise<void> {
    const headers = await token.headers()
    const start = performance.now()
    const answer = await askStatusPage({ url: due.url, headers, signal: leaving })
    if (leaving.aborted) return releaseCheck(store, due)
    const verdict = judge(answer)
    const health = afterCheck(due.failures, verdict.ok)
    const recorded = await recordHealthCheck(store, due, verdict, health, performance.now() - start, retention)
    if (recorded && health.turned) {
      log.info(
        { event: `task-service-${health.turned}`, task_service: due.kf_id, detail: verdict.detail, url: due.url },
        'a task service changed its health',
      )
    }
  }

  return startWorker<DueCheck>({
    name: 'health-check',
    take: limit => takeDueChecks(store, limit, answerMs + leaseMarginMs, everyMs),
    handle: check,
    concurrency,
    pollMs: Math.min(1000, everyMs / 4),
    stopPatienceMs: 0,
    log,
  })
}
