import type { CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, type Operation, type ParsedInputOf, type Viewer } from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import { type Queryable, rememberCommand, type Store } from '@slipway/store'
import { principalOf } from '../audit/record-audit.ts'
import { notFound, requireActingFor, requireEditor } from '../member/viewer.ts'
import { inPieces } from '../records/read-handlers.ts'
import { prepare } from '../sql.ts'
import { requireRevision } from './entity-tag.ts'

/** Who changes something, as trail and events name them. */
export type Author = {
  readonly viewer: Viewer
  readonly principal: string
  readonly actor: string
  readonly traceparent: string | undefined
}

/** What statements take of an author. */
export type AuthorParameters = Pick<Author, 'principal' | 'actor' | 'traceparent'>

export type Changed = { readonly headers?: Readonly<Record<string, string>>; readonly body?: string }

/**
 * A handler for staff and administrators whose change, trail, events and remembered answer are one transaction. A body
 * is JSON text.
 */
export function packageWrite<Op extends Operation>(
  store: Store,
  operation: Op,
  change: (tx: Queryable, input: ParsedInputOf<Op>, author: Author) => Promise<Changed>,
): OperationHandler {
  return handlerOf(operation, async (input, context) => {
    const author = authorOf(context)
    const { headers = {}, body } = await store.transaction(async tx => {
      const changed = await change(tx, input, author)
      const command = commandOf(operation, input, context)
      const { headers = {}, body = '' } = changed
      if (command) await rememberCommand(tx, { ...command, status: 200, headers, body })
      return changed
    })
    return body ? inPieces(operation, body, { status: 200, headers }) : { status: 200, headers }
  })
}

export function authorOf({ identity, traceparent }: CallContext): Author {
  const viewer = requireEditor(identity)
  return { viewer, principal: principalOf(identity), actor: actorOf(identity), traceparent }
}

export type PackageRow = {
  readonly release_package_id: number
  readonly revision: number
  readonly member: string
  readonly name: string | null
  readonly description: string | null
  readonly copyrights: string | null
  readonly uri: string | null
  readonly priority: number | null
}

const lock = prepare<{ id: number }>()('package.lock', (db, p) =>
  db
    .selectFrom('release_package')
    .select(['release_package_id', 'revision', 'member', 'name', 'description', 'copyrights', 'uri', 'priority'])
    .where('release_package_id', '=', p.id)
    .where('inactive_at', 'is', null)
    .forNoKeyUpdate(),
)

/**
 * The package, which nobody else changes, nor anything in it, until this transaction ends.
 * @throws `not_found`, `forbidden` for staff of another member, `precondition_failed`
 */
export async function lockPackage(
  tx: Queryable,
  id: number,
  { viewer }: Author,
  ifMatch?: string | undefined,
): Promise<PackageRow> {
  const [row] = await tx.query(lock, { id })
  if (!row) throw notFound()
  requireActingFor(viewer, row.member)
  requireRevision(ifMatch, row.revision)
  return row
}
