import type { BlobStore } from '@slipway/blobs'
import type { OperationHandler } from '@slipway/bus'
import { actorOf, exportOperations, failure, type Identity, type SourceTarget } from '@slipway/contracts'
import { handlerOf, requireSignedIn, writeHandler } from '@slipway/service'
import { now, type Store } from '@slipway/store'
import type { Logger } from 'pino'
import { sourceUrl } from '../paths.ts'
import { isStaff, loginOf, notFound, requireAdmin, requireView } from '../rights.ts'
import { findSource, findSourceFor, type Read } from '../source/source.store.ts'
import { findVersion } from '../source-version/version.store.ts'
import { versionUrl } from '../source-version/version.ts'
import { archives } from './archive.ts'
import { adoptExport, clearExport, exportTask, findExport, lockExport, queueExport } from './export.store.ts'
import { decideDelete, decideRead, decideStart } from './export.ts'
import { lastUpdatedHeaders } from './export-answer.ts'
import { tellExport } from './export-events.ts'
import { exportArchive } from './export-file.ts'
import { type Signed, sign, verifySignature } from './signature.ts'

export type ExportHandlersOptions = {
  readonly store: Store
  readonly blobs: BlobStore
  readonly secret: string
  /** Seconds that signed URLs are good for. */
  readonly urlSeconds: number
  /** A job may be due. */
  readonly kick: () => void
  /** Whether the credential that has these is still good, with its rights. @throws `unavailable`, `timeout` */
  readonly isGood: (revocationKeys: readonly string[]) => Promise<boolean>
  readonly log: Logger
}

type Target = SourceTarget & { readonly version: string }

const badSignature = () => failure('forbidden', 'The signature of this URL is wrong or has expired.')

async function* nothing() {}

/** The export of a version: asked for, made, handed out, deleted. */
export function exportHandlers(options: ExportHandlersOptions): OperationHandler[] {
  const { store, blobs, secret, urlSeconds, kick, isGood } = options
  const archive = archives(options)

  async function versionOf(read: Read, { version: id, ...target }: Target, identity: Identity | null) {
    const source = await findSource(read, target, identity)
    const version = await findVersion(read, source.position, id)
    const path = `${versionUrl(sourceUrl(target), version.id)}export/`
    return { source, version, path }
  }

  /** HEAD has no export whatever is done with it; that is told after whether the caller may see the source. */
  function requireExportable(version: { readonly snapshot: unknown }, method: string) {
    if (version.snapshot === null) throw failure('method_not_allowed', `Method '${method}' not allowed.`)
  }

  /** Good for the configured time, and no longer than the credential that asks for it. */
  function signedUrl(baseUrl: string, file: string, signed: Signed, endsAt: string | undefined): string {
    const usual = Math.floor(now() / 1000) + urlSeconds
    const expires = endsAt === undefined ? usual : Math.min(usual, Math.floor(Date.parse(endsAt) / 1000))
    return `${baseUrl}${file}?expires=${expires}&signature=${sign(secret, file, signed, expires)}`
  }

  return [
    handlerOf(
      exportOperations.get,
      async ({ ifMatch, ifNoneMatch, range, ifRange, head, activeOnly, ...target }, context) => {
        const { identity, baseUrl, traceparent } = context
        const { source, version, path } = await versionOf(store.read, target, identity)
        requireView(identity, source)
        requireExportable(version, head ? 'HEAD' : 'GET')
        const seen = await findExport(store.read, version.position)
        const cause = { actor: actorOf(identity), traceparent }
        const ready = await archive.find(seen)
        if (ready && activeOnly) {
          // Made as it is sent, of the same frozen rows: nothing is kept of it, so it has neither ranges nor a signed URL.
          const headers = {
            ...lastUpdatedHeaders(version.last_updated),
            'Cache-Control': 'no-cache, no-store, must-revalidate',
            'Content-Type': 'application/zip',
            'Content-Disposition': `attachment; filename=${ready.fileName}`,
          }
          return { status: 200, headers, body: head ? nothing() : exportArchive(store, version, source, true) }
        }
        if (ready) {
          const conditions = { ifMatch, ifNoneMatch, range, ifRange, head }
          const viewer = { login: loginOf(identity), staff: isStaff(identity) }
          const answer = await archive.open({ version, source }, ready, conditions, cause, ({ id }) => ({
            exportURL: signedUrl(
              baseUrl,
              path + ready.fileName,
              { blob: id, viewer, revocationKeys: identity?.revocation_keys ?? [] },
              identity?.ends_at,
            ),
            ...lastUpdatedHeaders(version.last_updated),
            exportCreated: seen.createdOn ?? '',
          }))
          if (answer) return answer
          const now = decideRead(await findExport(store.read, version.position), true).status
          return { status: head || now === 204 ? 204 : 208, body: nothing() }
        }
        if (!decideRead(seen, head).queue) return { status: decideRead(seen, head).status, body: nothing() }
        const status = await store.transaction(async tx => {
          const decision = decideRead(await lockExport(tx, version.position), head)
          if (decision.queue) {
            const sequence = await queueExport(tx, version.position, 'read')
            await tellExport(tx, 'queued', { version, source }, sequence, cause, {})
            tx.afterCommit(kick)
          }
          return decision.status === 200 ? 208 : decision.status
        })
        return { status, body: nothing() }
      },
    ),
    handlerOf(
      exportOperations.download,
      async ({ file, expires, signature, ifMatch, ifNoneMatch, range, ifRange, head, ...target }, { traceparent }) => {
        const path = `${versionUrl(sourceUrl(target), target.version)}export/${file}`
        const signed = verifySignature(secret, path, expires, signature)
        if (!signed) throw badSignature()
        const { blob, viewer, revocationKeys } = signed
        if (!(await isGood(revocationKeys))) throw badSignature()
        const source = await findSourceFor(store.read, target, viewer.login)
        // It may have become private since, or whoever it was given to may have left: then it is gone for them.
        if (source.public_access === 'None' && !source.belongs && !viewer.staff) throw notFound()
        const version = await findVersion(store.read, source.position, target.version)
        const ready = await archive.find(await findExport(store.read, version.position), blob)
        const cause = { actor: actorOf(null), traceparent }
        const conditions = { ifMatch, ifNoneMatch, range, ifRange, head }
        const answer = ready && (await archive.open({ version, source }, ready, conditions, cause))
        if (!answer) throw notFound()
        return answer
      },
    ),
    writeHandler(store, exportOperations.start, async (tx, target, { identity, traceparent }) => {
      const { source, version, path } = await versionOf(tx.query, target, identity)
      requireView(identity, source)
      const actor = actorOf(requireSignedIn(identity))
      requireExportable(version, 'POST')
      const before = await lockExport(tx, version.position)
      const decision = decideStart(before)
      if (decision === 'conflict') throw failure('conflict', 'Export is already being processed.')
      if (decision === 'adopt') await adoptExport(tx, version.position)
      else {
        if (before.blob !== null) await blobs.remove(tx, before.blob)
        const sequence = await queueExport(tx, version.position, 'command')
        await tellExport(tx, 'queued', { version, source }, sequence, { actor, traceparent }, {})
        tx.afterCommit(kick)
      }
      return { status: 202, headers: { URL: path, 'Slipway-Task': await exportTask(tx.query, version.position) } }
    }),
    writeHandler(store, exportOperations.delete, async (tx, target, { identity, traceparent }) => {
      const { source, version } = await versionOf(tx.query, target, identity)
      const actor = actorOf(requireAdmin(identity, source))
      requireExportable(version, 'DELETE')
      const before = await lockExport(tx, version.position)
      if (decideDelete(before) === 'missing') throw notFound()
      if (before.blob !== null) await blobs.remove(tx, before.blob)
      const sequence = await clearExport(tx, version.position)
      await tellExport(tx, 'deleted', { version, source }, sequence, { actor, traceparent }, {})
      return { status: 204 }
    }),
  ]
}
