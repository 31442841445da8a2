import { createHash } from 'node:crypto'
import type { BlobStore } from '@slipway/blobs'
import { type OperationHandler, splitTrailer } from '@slipway/bus'
import {
  actorOf,
  bulkImportOperations,
  failure,
  type Identity,
  type ImportTarget,
  importTarget,
  lineOutcomes,
  newId,
  readInput,
  unorderedQueue,
} from '@slipway/contracts'
import { commandOf, handlerOf, requireSignedIn, writeHandler } from '@slipway/service'
import { rememberCommand, type Store } from '@slipway/store'
import { jsonArray, jsonWithArrays } from '../json-stream.ts'
import { pageFor } from '../page.ts'
import { isStaff, notAllowed, notFound } from '../rights.ts'
import type { Read } from '../source/source.store.ts'
import { blobNameOf, findImport, type ImportRow, insertImport, listImports, revokeImport } from './bulk-import.store.ts'
import { summaryOf } from './bulk-import.ts'
import { tellImport } from './bulk-import-events.ts'
import { reportText, resultParts, taskOf } from './bulk-import-report.ts'
import { readItems } from './read-items.ts'
import { refuseImport } from './refusal.ts'

export type BulkImportHandlersOptions = {
  readonly store: Store
  readonly blobs: BlobStore
  /** Bytes of lines at most. */
  readonly mostBytes: number
  /** An import may be due. */
  readonly kick: () => void
}

const newline = Buffer.from('\n')

/** Imports of JSON lines: taken, watched, stopped. */
export function bulkImportHandlers(options: BulkImportHandlersOptions): OperationHandler[] {
  const { store, blobs, mostBytes, kick } = options

  /** @throws `not_found`, also for those of others */
  async function importOf(read: Read, id: string, identity: Identity | null): Promise<ImportRow> {
    const known = requireSignedIn(identity)
    const row = await findImport(read, id)
    if (!row || (row.login !== known.login.toLowerCase() && !isStaff(known))) throw notFound()
    return row
  }

  return [
    handlerOf(bulkImportOperations.create, async (input, context, upload) => {
      const identity = requireSignedIn(context.identity)
      const { form, updateIfExists } = input
      const framed = input.trailer ? splitTrailer(upload) : undefined
      const queue = input.queue || unorderedQueue
      let total = 0
      async function* lines() {
        for await (const items of readItems(form, framed?.pieces ?? upload, mostBytes)) {
          total += items.length
          if (items.length > 0) yield Buffer.concat(items.flatMap(item => [item, newline]))
        }
      }
      const blob = await blobs.write(lines(), { signal: context.signal })
      const target = (framed && targetOf(await framed.trailer())) ?? input.target ?? null
      const contentHash = target
        ? createHash('sha256')
            .update(blob.sha256 + JSON.stringify(target))
            .digest('hex')
        : blob.sha256
      const given = { identity, queue, updateIfExists, contentHash, target, traceparent: context.traceparent }
      return store.transaction(async tx => {
        const row = await insertImport(tx, { ...given, id: newId('BI'), total })
        if (!row) throw refuseImport('The same import has been already queued', 'conflict')
        await blobs.publish(tx, blobNameOf(row.id), blob)
        await tellImport(tx, 'queued', row, actorOf(identity))
        const body = JSON.stringify(taskOf(row))
        const command = commandOf(bulkImportOperations.create, input, context)
        if (command) await rememberCommand(tx, { ...command, status: 202, headers: {}, body })
        tx.afterCommit(kick)
        return { status: 202, body: { raw: body } }
      })
    }),
    handlerOf(bulkImportOperations.list, async ({ username, queue, query }, { identity, baseUrl }) => {
      const known = requireSignedIn(identity)
      const login = username ?? known.login
      if (login.toLowerCase() !== known.login.toLowerCase() && !isStaff(known)) throw notAllowed()
      const all = await listImports(store.read, login, queue ?? null)
      const states = query?.state?.flatMap(text => text.split(',')).filter(Boolean) ?? []
      const rows = states.length > 0 ? all.filter(({ state }) => states.includes(state)) : all
      const page = query && pageFor(query, rows.length, `${baseUrl}/tasks/`)
      const shown = page ? rows.slice(page.offset, page.limit === null ? undefined : page.offset + page.limit) : rows
      async function* tasks() {
        yield shown.map(row => JSON.stringify(taskOf(row)))
      }
      return { ...(page && { headers: page.headers }), body: jsonArray(tasks()) }
    }),
    handlerOf(bulkImportOperations.get, async ({ task, result }, { identity }) => {
      const row = await importOf(store.read, task, identity)
      const head = JSON.stringify({ ...taskOf(row), report: summaryOf(row) })
      if (!result) return { body: once(Buffer.from(head)) }
      const opened = `${head.slice(0, -1)},"result":{"total":${row.total},"processed":${row.processed}}`
      return { body: jsonWithArrays(opened, lineOutcomes, resultParts({ store, blobs }, row), '}}') }
    }),
    handlerOf(bulkImportOperations.report, async ({ task }, { identity }) => {
      const row = await importOf(store.read, task, identity)
      return {
        headers: { 'Content-Type': 'text/plain; charset=utf-8' },
        body: reportText({ store, blobs }, row),
      }
    }),
    writeHandler(store, bulkImportOperations.cancel, async (tx, { task }, { identity }) => {
      await importOf(tx.query, task, identity)
      const row = await revokeImport(tx, task)
      if (!row) throw failure('refused', 'The import has ended already.')
      await tellImport(tx, 'revoked', row, actorOf(identity))
      // Of a named queue, the next one may be due.
      tx.afterCommit(kick)
      return { status: 204 }
    }),
  ]
}

/** @throws `malformed` for one that is none */
function targetOf(trailer: unknown): ImportTarget | undefined {
  if (trailer === null) return undefined
  const read = readInput(importTarget, trailer)
  if (read.success) return read.data
  throw refuseImport(
    `Invalid input. ${read.details.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
  )
}

async function* once(bytes: Uint8Array) {
  yield bytes
}
