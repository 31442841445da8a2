import { type PageRequest, taskServiceEvents } from '@slipway/contracts'
import type { Command } from '@slipway/service'
import type { Statement, Store } from '@slipway/store'
import { renderedList, renderedRow, renderedTaskService, renderedTime } from '../task-service/rendered.ts'
import type { RenderedPage } from '../task-service/task-service.store.ts'
import type { Health, Verdict } from './health-check.ts'

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

const take: Statement = {
  name: 'registry.health-check.take',
  text: `
    with due as (
      select kf_id from task_service
      where next_check_at <= now() and (check_lease_until is null or check_lease_until <= now())
      order by next_check_at limit $1 for update skip locked
    )
    update task_service s
    set check_lease = gen_random_uuid(), check_lease_until = now() + $2 * interval '1 ms',
        next_check_at = now() + $3 * interval '1 ms'
    from due where s.kf_id = due.kf_id
    returning s.kf_id, s.url, s.last_ok_status as failures, s.check_lease as lease`,
}

const release: Statement = {
  name: 'registry.health-check.release',
  text: `
    update task_service set check_lease = null, check_lease_until = null, next_check_at = now()
    where kf_id = $1 and check_lease = $2`,
}

/** Results looked at by each check to be removed; more than one, so that a shorter retention takes hold in time. */
const purgedPerCheck = 20

/**
 * Nothing happens unless the lease still stands. Each check removes what is over, so that no other job has to.
 * Parameters: service, lease, failures, ok, duration in ms, detail, days, checks; for `told` also the event's noun and
 * verb, and the actor.
 */
function recordStatement(name: string, told: boolean): Statement {
  const event = `
    event as (
      insert into platform.outbox (noun, verb, aggregate, sequence, actor, data)
      select $9, $10, kf_id, seq, $11, ${renderedTaskService('checked')} from checked
    ),`
  const text = `
    with mine as (
      select kf_id, check_count from task_service where kf_id = $1 and check_lease = $2 for update
    ),
    purged as (
      delete from health_check h
      using mine, lateral (
        select o.id, o.checked_at, row_number() over (order by o.id) as place
        from health_check o where o.task_service = mine.kf_id order by o.id limit ${purgedPerCheck}
      ) old
      where h.task_service = mine.kf_id and h.id = old.id
        and (old.checked_at < now() - $7 * interval '1 day' or old.place <= mine.check_count + 1 - $8)
      returning h.id
    ),
    checked as (
      update task_service s
      set last_ok_status = $3, check_count = s.check_count + 1 - (select count(*) from purged),
          check_lease = null, check_lease_until = null${told ? ', seq = s.seq + 1' : ''}
      from mine where s.kf_id = mine.kf_id
      returning s.*
    ),${told ? event : ''}
    kept as (
      insert into health_check (task_service, checked_at, ok, duration_ms, detail)
      select kf_id, clock_timestamp() - $5 * interval '1 ms', $4, $5, $6 from checked
    )
    select from checked`
  return { name: `registry.health-check.${name}`, text }
}

const recordCheck = recordStatement('record', false)
const recordTurn = recordStatement('record-turn', true)

// Locked in one order, so that two callers do not wait for each other crosswise.
const makeDue: Statement = {
  name: 'registry.health-check.make-due',
  text: `
    with waiting as (
      select kf_id from task_service where next_check_at > now() order by kf_id for update
    ),
    due as (
      update task_service s set next_check_at = now() from waiting where s.kf_id = waiting.kf_id
    )
    insert into platform.command (id, fingerprint, status, body)
    select $1, $2, 200, $3 where $1::text is not null`,
}

const renderedCheck = renderedRow(`${renderedTime('h.checked_at')} as checked_at, h.ok, h.duration_ms, h.detail`)
const checksOfService = 'select * from health_check where task_service = s.kf_id order by id desc limit $2 offset $3'

const history: Statement = {
  name: 'registry.health-check.history',
  text: `
    select s.check_count as count, ${renderedList(renderedCheck, 'h', checksOfService)} as results
    from task_service s where s.kf_id = $1`,
}

/**
 * Takes up to `limit` checks that are due. Nobody else makes them for `leaseMs`, and the next ones are due `everyMs`
 * from now.
 */
export function takeDueChecks(store: Store, limit: number, leaseMs: number, everyMs: number): Promise<DueCheck[]> {
  return store.write<DueCheck>(take, [limit, leaseMs, everyMs])
}

/** Gives a check back undone: it is due again at once. */
export async function releaseCheck(store: Store, { kf_id, lease }: DueCheck): Promise<void> {
  await store.write(release, [kf_id, lease])
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
  const common = [kf_id, lease, failures, ok, Math.round(durationMs), detail, days, checks]
  if (!turned) return (await store.write(recordCheck, common)).length > 0
  const { noun, verb } = turned === 'down' ? taskServiceEvents.wentDown : taskServiceEvents.recovered
  return (await store.write(recordTurn, [...common, noun, verb, 'system'])).length > 0
}

/** Makes the check of every task service due now, disabled ones too; `body` is remembered under the command. */
export async function makeChecksDue(store: Store, command: Command | undefined, body: string): Promise<void> {
  await store.write(makeDue, [command?.id, command?.fingerprint, body])
}

/** A page of the checks of a service as a JSON array, newest first; undefined if there is no such service. */
export async function listHealthChecks(
  store: Store,
  kf_id: string,
  { limit, offset }: PageRequest,
): Promise<RenderedPage | undefined> {
  const [page] = await store.read<RenderedPage>(history, [kf_id, limit, offset])
  return page
}
