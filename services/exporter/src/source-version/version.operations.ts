import type { BlobStore } from '@slipway/blobs'
import type { OperationHandler } from '@slipway/bus'
import {
  actorOf,
  complete,
  failure,
  reservedVersionIds,
  type SourceVersionFields,
  sourceVersionOperations,
} from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import { appendEvents, type Store, type Tx } from '@slipway/store'
import { withDiff } from '../child/with-diff.ts'
import { clearExport, lockExport, queueExport } from '../export/export.store.ts'
import { tellExport } from '../export/export-events.ts'
import { jsonArray } from '../json-stream.ts'
import { pageFor } from '../page.ts'
import { sourceUrl } from '../paths.ts'
import { booleanFilter, isTruthy } from '../query.ts'
import { refuseField } from '../refusals.ts'
import { requireAdmin, requireEdit, requireView } from '../rights.ts'
import { findSource, lockSource, type SourceRow } from '../source/source.store.ts'
import { sourceDetail } from '../source/source.ts'
import {
  countVersions,
  findVersion,
  isVersionTaken,
  listVersions,
  newestVersion,
  type VersionRow,
  versionAt,
  versionPosition,
} from './version.store.ts'
import { versionDetail, versionEventData, versionRow, versionUrl } from './version.ts'
import { deleteVersion, freezeVersion, updateVersion } from './write-version.store.ts'

type Cause = { readonly actor: string; readonly traceparent: string | undefined }

/** Versions of sources: frozen when they are made, described and released later. `kick`: an export may be due. */
export function versionHandlers(store: Store, blobs: BlobStore, kick: () => void): OperationHandler[] {
  const tell = (tx: Tx, verb: string, version: VersionRow, source: SourceRow, sequence: number, cause: Cause) =>
    appendEvents(tx, [
      {
        noun: 'source-version',
        verb,
        aggregate: version.uuid,
        sequence,
        ...cause,
        data: versionEventData(version, source),
      },
    ])

  return [
    handlerOf(sourceVersionOperations.list, async ({ query, ...target }, { identity, baseUrl }) => {
      const source = await findSource(store.read, target, identity)
      requireView(identity, source)
      const filter = { released: booleanFilter(query, 'released'), processing: booleanFilter(query, 'processing') }
      const isFiltered = filter.released !== null || filter.processing !== null
      const total = isFiltered ? await countVersions(store.read, source.position, filter) : source.versions
      const page = pageFor(query, total, `${baseUrl}${sourceUrl(target)}versions/`)
      const versions = await listVersions(store.read, source.position, filter, page)
      const shown = isTruthy(query, 'verbose') ? versionDetail : versionRow
      async function* rows() {
        for (const version of versions) yield [JSON.stringify(shown(version, source))]
      }
      return { headers: page.headers, body: jsonArray(rows()) }
    }),
    handlerOf(sourceVersionOperations.get, async ({ version: id, query, ...target }, { identity }) => {
      const source = await findSource(store.read, target, identity)
      const version = await findVersion(store.read, source.position, id)
      requireView(identity, source)
      const scope = { source: source.position, version: version.snapshot === null ? null : version.position }
      return { body: withDiff(store, versionDetail(version, source), scope, query) }
    }),
    writeHandler(store, sourceVersionOperations.create, async (tx, { body, ...target }, context) => {
      const source = await lockSource(tx, target, context.identity)
      const cause = { actor: actorOf(requireEdit(context.identity, source)), traceparent: context.traceparent }
      const given = complete(body)
      if (reservedVersionIds.some(word => word === given.id)) throw refuseField('id', 'Enter a valid value.')
      if (await isVersionTaken(tx, source.position, given.id)) throw duplicate(given.id)
      const values = await relatedOf(tx, source, given, undefined)
      const position = await freezeVersion(tx, source.position, given.id, values, sourceDetail(source), cause.actor)
      const sequence = await queueExport(tx, position, 'command')
      const version = (await versionAt(tx.query, position)) as VersionRow
      await tell(tx, 'created', version, source, 1, cause)
      await tellExport(tx, 'queued', { version, source }, sequence, cause, {})
      tx.afterCommit(kick)
      return {
        status: 201,
        headers: { Location: versionUrl(sourceUrl(target), given.id) },
        body: versionDetail(version, source),
      }
    }),
    writeHandler(store, sourceVersionOperations.update, async (tx, { version: id, body, ...target }, context) => {
      const source = await lockSource(tx, target, context.identity)
      const before = await findVersion(tx.query, source.position, id)
      const cause = { actor: actorOf(requireEdit(context.identity, source)), traceparent: context.traceparent }
      const given = complete(body)
      for (const name of ['released', 'retired'] as const) {
        if (before.snapshot === null && given[name]) throw refuseField(name, 'HEAD cannot be released or retired.')
      }
      const values = {
        ...(await relatedOf(tx, source, given, before)),
        retired: given.retired ?? before.retired,
      }
      await updateVersion(tx, before.position, values, cause.actor)
      const version = (await versionAt(tx.query, before.position)) as VersionRow
      await tell(tx, 'updated', version, source, version.seq, cause)
      return { status: 200, body: versionDetail(version, source) }
    }),
    writeHandler(store, sourceVersionOperations.delete, async (tx, { version: id, ...target }, context) => {
      const source = await lockSource(tx, target, context.identity)
      const version = await findVersion(tx.query, source.position, id)
      const cause = { actor: actorOf(requireEdit(context.identity, source)), traceparent: context.traceparent }
      if (version.snapshot === null) throw failure('refused', 'The version HEAD cannot be deleted.')
      const { state, blob } = await lockExport(tx, version.position)
      if (blob !== null) await blobs.remove(tx, blob)
      if (state !== 'absent') {
        const sequence = await clearExport(tx, version.position)
        await tellExport(tx, 'deleted', { version, source }, sequence, cause, {})
      }
      await deleteVersion(tx, version.position)
      await tell(tx, 'deleted', version, source, version.seq + 1, cause)
      return { status: 204 }
    }),
    handlerOf(sourceVersionOperations.processing, async ({ version: id, ...target }, { identity }) => {
      const source = await findSource(store.read, target, identity)
      const version = await findVersion(store.read, source.position, id)
      requireView(identity, source)
      return { body: version.processing }
    }),
    writeHandler(store, sourceVersionOperations.stopProcessing, async (tx, { version: id, ...target }, context) => {
      const source = await findSource(tx.query, target, context.identity)
      const version = await findVersion(tx.query, source.position, id)
      const actor = actorOf(requireAdmin(context.identity, source))
      const { state } = await lockExport(tx, version.position)
      if (state === 'queued' || state === 'running') {
        const sequence = await clearExport(tx, version.position)
        await tellExport(tx, 'deleted', { version, source }, sequence, { actor, traceparent: context.traceparent }, {})
      }
      return { status: 200 }
    }),
  ]
}

/** The fields of a version after a change, with the positions of the versions it names. */
async function relatedOf(
  tx: Tx,
  source: SourceRow,
  given: { readonly [Field in keyof SourceVersionFields]?: SourceVersionFields[Field] | undefined },
  before: VersionRow | undefined,
) {
  const own = before?.id ?? given.id
  const positionOf = async (id: string | null | undefined, field: string, label: string, fallback?: number) => {
    if (id === undefined) return fallback ?? null
    if (id === null || id === '') return null
    if (id === own) throw refuseField(field, `${label} version cannot be the same as current version.`)
    const position = await versionPosition(tx, source.position, id)
    if (position === undefined) throw refuseField(field, `${label} version ${id} does not exist.`)
    return position
  }
  const keep = async (id: string | null | undefined) =>
    id == null ? undefined : versionPosition(tx, source.position, id)
  const older = before ? await keep(before.previous_version) : await newestVersion(tx, source.position)
  return {
    released: given.released ?? before?.released ?? false,
    description: given.description === undefined ? (before ?? source).description : given.description,
    external_id: given.external_id === undefined ? (before ?? source).external_id : given.external_id,
    version_external_id:
      given.version_external_id === undefined ? (before?.version_external_id ?? null) : given.version_external_id,
    extras: given.extras ?? before?.extras ?? {},
    previous: await positionOf(given.previous_version, 'previousVersion', 'Previous', older),
    parent: await positionOf(given.parent_version, 'parentVersion', 'Parent', await keep(before?.parent_version)),
  }
}

const duplicate = (id: string) =>
  failure('conflict', `Source version '${id}' already exist.`, {
    details: [
      {
        path: ['error'],
        reason: 'plain',
        message: 'duplicate key value violates unique constraint "source_version_id"',
      },
    ],
  })
