import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { failure, maxRowBytes, parseExact } from '@slipway/contracts'
import { appendEvents, type NewEvent, type Tx } from '@slipway/store'
import { childUrl, ownerTypeName, ownerUrl, sourceUrl } from '../paths.ts'
import type { SourceRow } from '../source/source.store.ts'
import { targetOf } from '../source/source.ts'
import type { StoredChild } from './child.store.ts'
import { type ChildKind, type ChildRow, type ChildRules, childRowOf, type Frame } from './child.ts'
import { insertChild, type NewState, reviseChild, tickClock } from './child-state.store.ts'
import { facetsOf } from './facets.ts'

/** Who changes what. */
export type Cause = {
  readonly source: SourceRow
  readonly actor: string
  readonly traceparent: string | undefined
}

/** The same; the source is locked by this transaction. */
export type Change = Cause & {
  readonly tx: Tx
  /** Bytes that there is room for, of rows that are read to be changed. */
  readonly room: number
}

/** What is written for one change of a child. */
export type Written = {
  readonly id: string
  readonly uuid: string
  readonly number: number
  readonly verb: 'created' | 'updated' | 'retired'
  readonly row: ChildRow
  readonly state: NewState
}

function frameOf({ source, actor }: Cause, kind: ChildKind, id: string) {
  const target = targetOf(source)
  const url = sourceUrl(target)
  return {
    source,
    sourceUrl: url,
    ownerUrl: ownerUrl(target),
    ownerType: ownerTypeName[target.ownerType],
    id,
    uuid: randomUUID(),
    url: childUrl(url, kind, id),
    actor,
  }
}

/** The first state of a child. `now`: what the clock of the source said when it ticked for this change. */
export function firstState<Values, Content extends { readonly retired: boolean }>(
  rules: ChildRules<Values, Content>,
  cause: Cause,
  id: string,
  content: Content,
  comment: string | null,
  now: string,
): Written {
  const base = frameOf(cause, rules.kind, id)
  const born = { number: 1, previousUrl: null, createdOn: now, createdBy: cause.actor }
  const frame: Frame = { ...base, childUuid: randomUUID(), ...born, now, comment }
  return writtenOf(rules, content, frame, 'created')
}

/** The state after the stored one. */
export function nextState<Values, Content extends { readonly retired: boolean }>(
  rules: ChildRules<Values, Content>,
  cause: Cause,
  id: string,
  stored: StoredChild,
  content: Content,
  comment: string | null,
  now: string,
  before: Pick<ChildRow, 'version_url' | 'created_on' | 'created_by'> = childRowOf(stored.body),
): Written {
  const frame: Frame = {
    ...frameOf(cause, rules.kind, id),
    childUuid: stored.uuid,
    number: stored.number + 1,
    previousUrl: before.version_url,
    createdOn: before.created_on,
    createdBy: before.created_by,
    now,
    comment,
  }
  return writtenOf(rules, content, frame, content.retired && !stored.retired ? 'retired' : 'updated')
}

/** Whether a change makes a new state. Compared as JSON, which knows no `undefined`. */
export function differs<Values, Content extends { readonly retired: boolean }>(
  rules: ChildRules<Values, Content>,
  before: ChildRow,
  content: Content,
): boolean {
  return !isDeepStrictEqual(parseExact(JSON.stringify(content)), rules.contentOf(before))
}

function writtenOf<Values, Content extends { readonly retired: boolean }>(
  rules: ChildRules<Values, Content>,
  content: Content,
  frame: Frame,
  verb: Written['verb'],
): Written {
  const { id, childUuid, number, now } = frame
  const row = rules.rowOf(content, frame)
  const search = rules.searchOf(content, id).toLowerCase()
  const { retired } = content
  const state = {
    retired,
    now,
    body: JSON.stringify(row),
    search,
    facets: facetsOf(row),
    links: rules.linksOf?.(content),
  }
  return { id, uuid: childUuid, number, verb, row, state }
}

/** @throws `too_large` for a row that is longer than rows may be */
export function requireRoom({ state }: Written): void {
  // No text has more than three bytes for each of its units, so that most need no counting.
  if (state.body.length * 3 <= maxRowBytes) return
  const bytes = Buffer.byteLength(state.body)
  if (bytes <= maxRowBytes) return
  throw failure('too_large', `It would have ${bytes} bytes as a row, more than the ${maxRowBytes} that one may have.`)
}

/** What a single write tells. Imports tell of many changes at once. */
function eventOf(
  { source, actor, traceparent }: Cause,
  kind: ChildKind,
  { id, uuid, number, verb, row }: Written,
): NewEvent {
  const source_url = sourceUrl(targetOf(source))
  const { version_url, retired } = row
  const data = {
    url: childUrl(source_url, kind, id),
    version_url,
    source_url,
    id,
    retired,
    public_access: source.public_access,
  }
  return { noun: kind, verb, aggregate: uuid, sequence: number, actor, traceparent, data }
}

/** Adds a concept or mapping. That its id and links are free was checked under the same lock. */
export async function addChild<Values, Content extends { readonly retired: boolean }>(
  rules: ChildRules<Values, Content>,
  change: Change,
  id: string,
  content: Content,
  comment: string | null,
): Promise<ChildRow> {
  const { tx, source } = change
  const now = await tickClock(tx, source.position, rules.kind, content.retired ? 0 : 1)
  const written = firstState(rules, change, id, content, comment, now)
  requireRoom(written)
  await insertChild(tx, { source: source.position, kind: rules.kind, id, uuid: written.uuid }, written.state)
  await appendEvents(tx, [eventOf(change, rules.kind, written)])
  return written.row
}

/** Gives it a new state, unless nothing differs. Older states, and the versions that hold them, stay as they are. */
export async function changeChild<Values, Content extends { readonly retired: boolean }>(
  rules: ChildRules<Values, Content>,
  change: Change,
  id: string,
  stored: StoredChild,
  content: Content,
  comment: string | null,
): Promise<ChildRow> {
  const before = childRowOf(stored.body)
  if (!differs(rules, before, content)) return before
  const { tx, source } = change
  const active = Number(stored.retired) - Number(content.retired)
  const now = await tickClock(tx, source.position, rules.kind, active)
  const written = nextState(rules, change, id, stored, content, comment, now, before)
  requireRoom(written)
  await reviseChild(tx, stored.position, written.number, written.state)
  await appendEvents(tx, [eventOf(change, rules.kind, written)])
  return written.row
}

/** @throws `precondition_failed` when the caller saw another state than the newest */
export function requireMatch(ifMatch: string | undefined, stored: StoredChild): void {
  if (ifMatch === undefined) return
  const { version_url } = childRowOf(stored.body)
  const named = ifMatch.split(',').map(tag => tag.trim().replace(/^(?:W\/)?"(.*)"$/, '$1'))
  if (!named.includes('*') && !named.includes(version_url)) {
    throw failure('precondition_failed', 'It changed since it was read.')
  }
}
