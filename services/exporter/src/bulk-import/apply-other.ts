import type { BlobStore } from '@slipway/blobs'
import type { CallContext, OperationHandler } from '@slipway/bus'
import { type Operation, orgOperations, sourceOperations, sourceVersionOperations } from '@slipway/contracts'
import type { Store, Tx } from '@slipway/store'
import { orgHandlers } from '../org/org.operations.ts'
import { findOrg } from '../org/org.store.ts'
import { notFound, requireView } from '../rights.ts'
import { sourceHandlers } from '../source/source.operations.ts'
import { findSource } from '../source/source.store.ts'
import { versionHandlers } from '../source-version/version.operations.ts'
import { findVersion } from '../source-version/version.store.ts'
import { textOf } from '../text-of.ts'
import type { Importer } from './apply-children.ts'
import { applyWholeConcept } from './apply-whole-concept.ts'
import type { LineResult } from './bulk-import.ts'
import type { ImportLine } from './line.ts'
import { resultOfError } from './line-errors.ts'

export type OtherLine = Exclude<ImportLine, { kind: 'concept' | 'mapping' }>
export type OtherOptions = { readonly store: Store; readonly blobs: BlobStore; readonly kickExports: () => void }

const exists = { outcome: 'exists' } as const
const onlyMade = {
  outcome: 'failed',
  errors: { __action: ['Only concepts and mappings are changed and deleted by imports.'] },
} as const

/**
 * Carries out a line with an org, a source or a version, by the very handler of the single write but within the given
 * transaction. @throws what the handler refuses with: then nothing of the transaction may stay
 */
export async function applyOther(
  tx: Tx,
  importer: Importer,
  line: OtherLine,
  { store, blobs, kickExports }: OtherOptions,
): Promise<LineResult> {
  if (line.kind === 'none') return line.result
  if (line.kind === 'concept-with-mappings') return applyWholeConcept(tx, importer, line.line)
  if (await isThere(tx, importer, line)) return line.action === 'DELETE' ? onlyMade : exists
  if (line.action === 'UPDATE' || line.action === 'DELETE') throw notFound()
  const within = storeWithin(tx, store)
  const run = (handlers: readonly OperationHandler[], operation: Operation, input: object) =>
    call(handlers, operation, input, importer)
  if (line.kind === 'org') await run(orgHandlers(within, asRead), orgOperations.create, { body: line.value })
  else if (line.kind === 'source') {
    const { ownerType, owner } = line.owner
    const lacksOwner = importer.isCopy && ownerType === 'org' && !(await isThere(tx, importer, orgLine(owner)))
    if (lacksOwner) await run(orgHandlers(within, asRead), orgOperations.create, { body: orgLine(owner).value })
    await run(sourceHandlers(within, asRead), sourceOperations.create, { ...line.owner, body: line.value })
  } else {
    const handlers = versionHandlers(within, blobs, kickExports)
    await run(handlers, sourceVersionOperations.create, { ...line.target, body: line.value })
  }
  return { outcome: 'created' }
}

/** The line that would make an org of which only the id is known. */
const orgLine = (id: string) => ({ kind: 'org', action: 'CREATE', value: { id, name: id } }) as const

/** What the caller may not know of is not there. */
async function isThere(
  tx: Tx,
  { identity }: Importer,
  line: Exclude<OtherLine, { kind: 'none' | 'concept-with-mappings' }>,
): Promise<boolean> {
  const id = textOf(line.value.id)
  if (id === undefined) return false
  try {
    if (line.kind === 'org') requireView(identity, await findOrg(tx.query, id, identity))
    else if (line.kind === 'source') {
      requireView(identity, await findSource(tx.query, { ...line.owner, source: id }, identity))
    } else {
      const source = await findSource(tx.query, line.target, identity)
      requireView(identity, source)
      const version = await findVersion(tx.query, source.position, id)
      return version.id === id
    }
    return true
  } catch (error) {
    if (resultOfError(error)?.outcome === 'not_found') return false
    throw error
  }
}

/** Logins were looked up when the line was read. */
const asRead = async (login: string) => login

/** The store as a handler sees it that is to write in this transaction. */
function storeWithin(tx: Tx, store: Store): Store {
  return {
    ...store,
    query: tx.query,
    read: tx.query,
    write: tx.query,
    transaction: work => work(tx),
  }
}

async function call(
  handlers: readonly OperationHandler[],
  operation: Operation,
  input: object,
  { identity, traceparent }: Importer,
): Promise<void> {
  const handler = handlers.find(candidate => candidate.operation === operation)
  if (!handler) throw new Error(`nothing handles ${operation.subject}`)
  const context: CallContext = {
    identity,
    identityToken: undefined,
    service: undefined,
    baseUrl: '',
    commandId: undefined,
    traceparent,
    deadline: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    // The line has room already.
    takeRoom: async () => {},
    room: 0,
  }
  await handler.handle(operation.input.parse(input), context, (async function* () {})())
}
