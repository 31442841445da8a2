import type { PageRequest } from '@slipway/contracts'
import type { Command } from '@slipway/service'
import { type CommandParameters, listJson, remember, rowJson, type Store } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'
import { renderedTime } from '../task-service/rendered.ts'
import type { RenderedPage } from '../task-service/task-service.store.ts'
import type { Health, Verdict } from './health-check.ts'
import { recordCheck } from './record-check.ts'

const now = sql<string>`now()`

/** A health check that this process, and no other, is to make. */
export type DueCheck = {
  readonly kf_id: string
  readonly url: string
  /** Failed checks in a row so far; nobody else changes them while the lease lasts. */
  readonly failures: number
  readonly lease: string
}

/** Which results are kept: the newest of a service, and those only while they are young enough. */
export type Retention = { readonly days: number; readonly checks: number }

const take = prepare<{ limit: number; leaseMs: number; everyMs: number }>()('registry.health-check.take', (db, p) =>
  db
    .with('due', q =>
      q
        .selectFrom('task_service')
        .select('kf_id')
        .where('next_check_at', '<=', now)
        .where(eb => eb.or([eb('check_lease_until', 'is', null), eb('check_lease_until', '<=', now)]))
        .orderBy('next_check_at')
        .limit(p.limit)
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('task_service as s')
    .from('due')
    .set({
      check_lease: sql<string>`gen_random_uuid()`,
      check_lease_until: sql<string>`now() + ${p.leaseMs} * interval '1 ms'`,
      next_check_at: sql<string>`now() + ${p.everyMs} * interval '1 ms'`,
    })
    .whereRef('s.kf_id', '=', 'due.kf_id')
    .returning(['s.kf_id', 's.url', 's.last_ok_status as failures', sql<string>`s.check_lease`.as('lease')]),
)

const release = prepare<Pick<DueCheck, 'kf_id' | 'lease'>>()('registry.health-check.release', (db, p) =>
  db
    .updateTable('task_service')
    .set({ check_lease: null, check_lease_until: null, next_check_at: now })
    .where('kf_id', '=', p.kf_id)
    .where('check_lease', '=', p.lease),
)

// Locked in one order, so that two callers do not wait for each other crosswise.
const makeDue = prepare<CommandParameters & { body: string }>()('registry.health-check.make-due', (db, p) =>
  remember(
    db
      .with('waiting', q =>
        q.selectFrom('task_service').select('kf_id').where('next_check_at', '>', now).orderBy('kf_id').forUpdate(),
      )
      .with('due', q =>
        q
          .updateTable('task_service as s')
          .from('waiting')
          .set({ next_check_at: now })
          .whereRef('s.kf_id', '=', 'waiting.kf_id'),
      ),
    p,
    200,
    db.selectNoFrom(sql<string>`${p.body}::text`.as('body')),
  ),
)

const history = prepare<PageRequest & { kf_id: string }>()('registry.health-check.history', (db, p) =>
  db
    .selectFrom('task_service as t')
    .select(eb => {
      const checks = eb
        .selectFrom('health_check as h')
        .selectAll('h')
        .whereRef('h.task_service', '=', 't.kf_id')
        .orderBy('h.id', 'desc')
        .limit(p.limit)
        .offset(p.offset)
      return [
        't.check_count as count',
        listJson(checks, row =>
          rowJson([
            renderedTime(row.ref('s.checked_at')).as('checked_at'),
            row.ref('s.ok').as('ok'),
            row.ref('s.duration_ms').as('duration_ms'),
            row.ref('s.detail').as('detail'),
          ]),
        ).as('results'),
      ]
    })
    .where('t.kf_id', '=', p.kf_id),
)

/**
 * Takes up to `limit` checks that are due. Nobody else makes them for `leaseMs`, and the next ones are due `everyMs`
 * from now.
 */
export function takeDueChecks(store: Store, limit: number, leaseMs: number, everyMs: number): Promise<DueCheck[]> {
  return store.write(take, { limit, leaseMs, everyMs })
}

/** Gives a check back undone: it is due again at once. */
export async function releaseCheck(store: Store, { kf_id, lease }: DueCheck): Promise<void> {
  await store.write(release, { kf_id, lease })
}

/**
 * Records a check with its event, if it turned the health of the service.
 * False if the check does not count any more: its lease ran out, the url was changed, the service is deleted.
 */
export async function recordHealthCheck(
  store: Store,
  { kf_id, lease }: DueCheck,
  { ok, detail }: Verdict,
  { failures, turned }: Health,
  durationMs: number,
  { days, checks }: Retention,
): Promise<boolean> {
  const recorded = await store.write(recordCheck[turned ?? 'unchanged'], {
    kf_id,
    lease,
    failures,
    ok,
    durationMs: Math.round(durationMs),
    detail,
    days,
    checks,
  })
  return recorded.length > 0
}

/** Makes the check of every task service due now, disabled ones too; `body` is remembered under the command. */
export async function makeChecksDue(store: Store, command: Command | undefined, body: string): Promise<void> {
  await store.write(makeDue, { command: command?.id, fingerprint: command?.fingerprint, body })
}

/** A page of the checks of a service as a JSON array, newest first; undefined if there is no such service. */
export async function listHealthChecks(
  store: Store,
  kf_id: string,
  { limit, offset }: PageRequest,
): Promise<RenderedPage | undefined> {
  const [page] = await store.read(history, { kf_id, limit, offset })
  return page
}
