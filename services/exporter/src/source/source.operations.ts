import type { OperationHandler } from '@slipway/bus'
import {
  actorOf,
  attributesGiven,
  complete,
  failure,
  type OwnerTarget,
  type SourceFields,
  sourceOperations,
} from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import { appendEvents, type Store } from '@slipway/store'
import { withDiff } from '../child/with-diff.ts'
import { giveUpExports } from '../export/give-up-exports.ts'
import { jsonArray } from '../json-stream.ts'
import { sourceArrived } from '../open-end/resolve-ends.ts'
import { type FindLogin, requireOwner } from '../owner-login.ts'
import { ownerUrl, sourceUrl } from '../paths.ts'
import { refuseObject } from '../refusals.ts'
import { requireAdmin, requireView } from '../rights.ts'
import { listSources } from './list-sources.ts'
import {
  deleteSource,
  findOwner,
  findSource,
  insertSource,
  isReferenced,
  lockSource,
  type SourceRow,
  type SourceValues,
  updateSource,
} from './source.store.ts'
import { sourceDetail, sourceEventData } from './source.ts'
import { requireBindingRight } from './study-binding.ts'

const valuesOf = (given: Partial<SourceFields>, before?: SourceRow): SourceValues => {
  const name = given.name ?? before?.name ?? ''
  const kept = <Name extends keyof SourceFields & keyof SourceRow>(key: Name) =>
    given[key] === undefined ? (before?.[key] ?? null) : given[key]
  return {
    name,
    full_name: (kept('full_name') as string | null) || name,
    description: kept('description') as string | null,
    source_type: kept('source_type') as string | null,
    public_access: given.public_access ?? before?.public_access ?? 'View',
    default_locale: given.default_locale ?? before?.default_locale ?? 'en',
    supported_locales: given.supported_locales ?? before?.supported_locales ?? [],
    website: kept('website') as string | null,
    custom_validation_schema: kept('custom_validation_schema') as string | null,
    external_id: kept('external_id') as string | null,
    extras: given.extras ?? before?.extras ?? {},
    attributes: { ...before?.attributes, ...attributesGiven(given) },
  }
}

/** Sources: read by whoever may see them, changed by their owners. */
export function sourceHandlers(store: Store, findLogin: FindLogin): OperationHandler[] {
  const tell = (
    tx: Parameters<typeof appendEvents>[0],
    verb: string,
    row: SourceRow,
    sequence: number,
    cause: object,
  ) =>
    appendEvents(tx, [
      { noun: 'source', verb, aggregate: row.uuid, sequence, actor: '', ...cause, data: sourceEventData(row) },
    ])

  return [
    handlerOf(sourceOperations.list, async ({ ownerType, owner, query }, { identity, baseUrl }) => {
      const target: OwnerTarget | undefined = ownerType && owner !== undefined ? { ownerType, owner } : undefined
      const guarded = target && (await findOwner(store.read, target, identity))
      if (guarded) requireView(identity, guarded)
      const url = `${baseUrl}${target ? ownerUrl(target) : '/'}sources/`
      const { page, parts } = await listSources(store, target, guarded?.belongs ?? false, identity, query, url)
      return { headers: page.headers, body: jsonArray(parts) }
    }),
    handlerOf(sourceOperations.get, async ({ query, ...target }, { identity }) => {
      const source = await findSource(store.read, target, identity)
      requireView(identity, source)
      const scope = { source: source.position, version: null }
      return { body: withDiff(store, sourceDetail(source), scope, query) }
    }),
    writeHandler(
      store,
      sourceOperations.create,
      async (tx, { body, ...owner }, { identity, traceparent }) => {
        const actor = actorOf(requireAdmin(identity, await findOwner(tx.query, owner, identity)))
        const { id, ...given } = complete(body)
        const target = { ...owner, source: id }
        const values = valuesOf(given)
        requireBindingRight(identity, values.extras)
        const row = await insertSource(tx, target, values, actor)
        if (!row) throw refuseObject('Source with this id already exists for this owner.')
        await tell(tx, 'created', row, 1, { actor, traceparent })
        await sourceArrived({ tx, actor, traceparent }, row)
        return { status: 201, headers: { Location: sourceUrl(target) }, body: sourceDetail(row) }
      },
      async (input, { identity }) => (identity ? requireOwner(input, identity, findLogin) : input),
    ),
    writeHandler(store, sourceOperations.update, async (tx, { body, ...target }, { identity, traceparent }) => {
      const before = await lockSource(tx, target, identity)
      const actor = actorOf(requireAdmin(identity, before))
      const values = valuesOf(complete(body), before)
      requireBindingRight(identity, values.extras, before.extras)
      const changed = await updateSource(tx, before.position, values, actor)
      const row = { ...before, ...values, ...changed, updated_by: actor }
      await tell(tx, 'updated', row, changed.seq, { actor, traceparent })
      const isRevealed = before.public_access === 'None' && row.public_access !== 'None'
      if (isRevealed) await sourceArrived({ tx, actor, traceparent }, row)
      return { status: 200, body: sourceDetail(row) }
    }),
    writeHandler(store, sourceOperations.delete, async (tx, target, { identity, traceparent }) => {
      const row = await lockSource(tx, target, identity)
      const actor = actorOf(requireAdmin(identity, row))
      if (await isReferenced(tx, row.position)) throw referenced(row.id)
      await giveUpExports(tx, row, { actor, traceparent })
      await deleteSource(tx, row.position)
      await tell(tx, 'deleted', row, row.seq + 1, { actor, traceparent })
      return { status: 204 }
    }),
  ]
}

const referenced = (id: string) =>
  failure(
    'refused',
    `Source ${id} cannot be deleted because others have created mapping or references that point to it. ` +
      'To delete this source, you must first delete all linked mappings and references and try again.',
  )
