import type { CallContext, OperationHandler } from '@slipway/bus'
import {
  actorOf,
  failure,
  idPrefixes,
  newId,
  nextPageHeader,
  studyEvents,
  unifiedStudyOperations,
} from '@slipway/contracts'
import { type Cursors, cursors, entityTag, handlerOf, hasTag, requireRole, triableHandler } from '@slipway/service'
import { appendEvents, type Store, type Tx } from '@slipway/store'
import type { Database } from '../database.ts'
import { mirrorObjects } from '../study-object/mirrored-objects.store.ts'
import {
  countStudies,
  cursorKey,
  findStudy,
  insertStudy,
  lockStudy,
  type StoredStudy,
  type StudySearch,
  searchStudies,
  updateStudy,
} from './unified-study.store.ts'

/** A random id can be taken already. */
const attempts = 3

/** Studies of the unified API: everybody may read them, administrators make and change those of this platform. */
export function unifiedStudyHandlers(store: Store<Database>): OperationHandler[] {
  const { search, read, create, change } = unifiedStudyOperations
  let places: Promise<Cursors> | undefined

  /** The key is read when it is first needed, again after a failure. */
  function cursorsHere(): Promise<Cursors> {
    places ??= cursorKey(store.read)
      .then(cursors)
      .catch(error => {
        places = undefined
        throw error
      })
    return places
  }

  async function required(query: Tx['query'], id: string, base: string): Promise<StoredStudy> {
    const found = await findStudy(query, id, base)
    if (!found) throw failure('not_found', `There is no study ${id}.`)
    return found
  }

  async function makeStudy(tx: Tx, given: { kf_id?: string | undefined; name: string; visible: boolean }) {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const study = { ...given, kf_id: given.kf_id ?? newId(idPrefixes.study) }
      if (await insertStudy(tx, study)) return study
      if (given.kf_id !== undefined) break
    }
    throw failure('conflict', `There is a study ${given.kf_id ?? 'with every id that was tried'}.`)
  }

  async function announce(
    tx: Tx,
    verb: 'created' | 'updated',
    sequence: number,
    study: { kf_id: string; name: string; visible: boolean },
    { identity, traceparent }: CallContext,
  ): Promise<void> {
    const { kf_id, name, visible } = study
    const actor = actorOf(identity)
    const data = { study_id: kf_id, name, visible, deleted: false }
    await appendEvents(tx, [
      { noun: studyEvents[verb].noun, verb, aggregate: kf_id, sequence, actor, traceparent, data },
    ])
    await mirrorObjects(tx, [{ kf_id, name, deleted: false }], { actor, traceparent, task: null })
  }

  return [
    handlerOf(search, async (input, { baseUrl }) => {
      const place = input.cursor === undefined ? undefined : (await cursorsHere()).read(input.cursor, input.sort)
      const found = await searchStudies(store.read, input, place, baseUrl)
      const items = found.slice(0, input.limit)
      const last = found.length > input.limit ? items.at(-1) : undefined
      const next = last && (await cursorsHere()).write({ sort: input.sort, after: [last.key, last.position] })
      const total = input.total ? await countStudies(store.read, input) : undefined
      const headers: Record<string, string> = next === undefined ? {} : { [nextPageHeader]: next }
      return { headers, body: { raw: pageText(items, input, next, total) } }
    }),
    handlerOf(read, async ({ id }, { baseUrl }) => ({ body: { raw: (await required(store.read, id, baseUrl)).body } })),
    triableHandler(store, create, async (tx, { body }, context) => {
      requireAdministrator(context)
      const study = await makeStudy(tx, body)
      await announce(tx, 'created', 1, study, context)
      const made = await required(tx.query, study.kf_id, context.baseUrl)
      const headers = { Location: `${context.baseUrl}/v1/studies/${study.kf_id}`, ETag: entityTag(made.body) }
      return { status: 201, headers, body: JSON.parse(made.body) }
    }),
    triableHandler(store, change, async (tx, { id, if_match, body }, context) => {
      requireAdministrator(context)
      await lockStudy(tx, id)
      const before = await required(tx.query, id, context.baseUrl)
      if (if_match !== undefined && !hasTag(if_match, entityTag(before.body), { weak: false })) {
        throw failure('precondition_failed', 'The study changed since it was read.')
      }
      if (before.origin !== 'platform') {
        throw failure('conflict', 'The study belongs to the data service, and is changed there.')
      }
      const { name = before.name, visible = before.visible } = body
      if (name !== before.name || visible !== before.visible) {
        const sequence = await updateStudy(tx, id, name, visible)
        await announce(tx, 'updated', sequence, { kf_id: id, name, visible }, context)
      }
      const after = await required(tx.query, id, context.baseUrl)
      return { headers: { ETag: entityTag(after.body) }, body: JSON.parse(after.body) }
    }),
  ]
}

function requireAdministrator({ identity }: CallContext): void {
  requireRole(identity, ['ADMIN', 'ROLE_ADMIN'], 'Making and changing studies needs the role ADMIN.')
}

/** The page, put together from the bodies as PostgreSQL made them, unless only some of their fields are wanted. */
function pageText(
  found: readonly { readonly body: string }[],
  { fields }: StudySearch,
  next: string | undefined,
  total: number | undefined,
): string {
  const items = fields === undefined ? found.map(({ body }) => body) : found.map(({ body }) => picked(body, fields))
  const counted = total === undefined ? '' : `,"total":${total}`
  return `{"items":[${items.join(',')}],"next":${JSON.stringify(next ?? null)}${counted}}`
}

function picked(body: string, fields: readonly string[]): string {
  const whole = JSON.parse(body) as Record<string, unknown>
  return JSON.stringify(Object.fromEntries(Object.entries(whole).filter(([name]) => fields.includes(name))))
}
