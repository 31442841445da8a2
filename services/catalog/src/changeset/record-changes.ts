import type { CallContext } from '@slipway/bus'
import { actorOf, type EventType } from '@slipway/contracts'
import { type Queryable, recordset } from '@slipway/store'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

/** What became of one object; its representations and what changesets keep of them, as JSON text. */
export type Change = {
  readonly model: string
  readonly id: number
  /** Number of its event. */
  readonly sequence: number
  readonly type: EventType
  readonly url: string | null
  readonly before: { readonly body: string; readonly recorded: string } | undefined
  readonly after: { readonly body: string; readonly recorded: string } | undefined
  /** What changesets keep under models of their own; `null` as JSON text where there is nothing. */
  readonly parts?: readonly { readonly model: string; readonly before: string; readonly after: string }[]
}

/** Who made changes, and why. */
export type Cause = { readonly context: CallContext; readonly comment: string | null }

type Recording = {
  readonly author: string | null
  readonly comment: string | null
  readonly changes: string
  readonly models: readonly string[]
  readonly actor: string
  readonly traceparent: string | undefined
  readonly events: string
}

type ChangeEvent = {
  readonly noun: string
  readonly verb: string
  readonly aggregate: string
  readonly sequence: number
  readonly data: string
}

/**
 * One statement for the whole of a request, however many objects it changed: the changeset, its changes, the time of the
 * last change, and an event for each object.
 */
const record = prepare<Recording>()('changeset-record', (db, p) => {
  const changes = recordset<Omit<Database['change'], 'changeset_id'>>()(p.changes, 'c', {
    position: 'integer',
    resource: 'text',
    resource_id: 'text',
    old_value: 'text',
    new_value: 'text',
  })
  const events = recordset<ChangeEvent>()(p.events, 'e', {
    noun: 'text',
    verb: 'text',
    aggregate: 'text',
    sequence: 'bigint',
    data: 'text',
  })
  return db
    .with('made', q =>
      q
        .insertInto('changeset')
        .values({ author: p.author, comment: p.comment, requested_on: sql`now()` })
        .returning(['id', 'committed_on']),
    )
    .with('kept', q =>
      q
        .insertInto('change')
        .columns(['changeset_id', 'position', 'resource', 'resource_id', 'old_value', 'new_value'])
        .expression(r =>
          r
            .selectFrom(['made', changes])
            .select(['made.id', 'c.position', 'c.resource', 'c.resource_id', 'c.old_value', 'c.new_value']),
        ),
    )
    .with('touched', q =>
      q
        .updateTable('last_change')
        .from('made')
        .set(eb => ({ changed_at: eb.ref('made.committed_on') }))
        .where('resource', '=', eb => eb.fn.any(p.models)),
    )
    .with('told', q =>
      // Of any number of types, whose data was made of what the API shows.
      q
        .insertInto('platform.outbox')
        .columns(['noun', 'verb', 'aggregate', 'sequence', 'actor', 'traceparent', 'data'])
        .expression(r =>
          r
            .selectFrom(['made', events])
            .select(['e.noun', 'e.verb', 'e.aggregate', 'e.sequence', p.actor.as('actor')])
            .select([
              p.traceparent.as('traceparent'),
              sql`(e.data || ',"changeset_id":' || made.id || ',"committed_on":"' || utc_text(made.committed_on)
                || '"}')::json`.as('data'),
            ]),
        ),
    )
    .selectFrom('made')
    .select('id')
})

/** Records changes in the transaction that makes them. Without any there is no changeset. */
export async function recordChanges(tx: Queryable, changes: readonly Change[], cause: Cause): Promise<void> {
  if (changes.length === 0) return
  const { context, comment } = cause
  const author = context.identity ? actorOf(context.identity) : null
  const kept = changes.flatMap(recordsOf).map((record, position) => ({ position, ...record }))
  const events = changes.map(change => ({
    noun: change.type.noun,
    verb: change.type.verb,
    aggregate: String(change.id),
    sequence: change.sequence,
    data: beginningOfData(change, author, comment),
  }))
  const given = {
    author,
    comment,
    changes: JSON.stringify(kept),
    models: [...new Set(changes.map(({ model }) => model))],
    actor: actorOf(context.identity),
    traceparent: context.traceparent,
    events: JSON.stringify(events),
  }
  await tx.query(record, given)
}

/** What the changeset keeps of a change: of the object and its parts, whatever is not as it was. */
function recordsOf({ model, id, before, after, parts = [] }: Change) {
  const whole = { model, before: before?.recorded ?? 'null', after: after?.recorded ?? 'null' }
  return [whole, ...parts]
    .filter(one => one.before !== one.after)
    .map(one => ({ resource: one.model, resource_id: String(id), old_value: one.before, new_value: one.after }))
}

/** All of an event's data but its end, which only the statement knows. */
function beginningOfData({ url, before, after }: Change, author: string | null, comment: string | null): string {
  const values = [
    `"url":${JSON.stringify(url)}`,
    ...(after ? [`"new_value":${after.body}`] : []),
    ...(before ? [`"old_value":${before.body}`] : []),
    `"author":${JSON.stringify(author ?? '')}`,
    `"comment":${JSON.stringify(comment)}`,
  ]
  return `{${values.join(',')}`
}
