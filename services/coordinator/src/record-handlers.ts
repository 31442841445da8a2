import type { CallContext, OperationHandler } from '@slipway/bus'
import { type Checked, complete, failure, type IdPrefix, type Operation } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Database } from './database.ts'
import { type List, readItem } from './list-page.ts'
import type { RecordValues } from './record.store.ts'
import type { RecordWriter } from './record.ts'
import { brokenLinks, type Relations } from './relations.ts'

type Fields = RecordValues & Relations

export type RecordHandlersOptions = {
  readonly store: Store<Database>
  readonly prefix: IdPrefix
  readonly list: Pick<List<'release_note' | 'event'>, 'item'>
  readonly writer: RecordWriter
  readonly operations: Readonly<Record<'get' | 'create' | 'update' | 'replace' | 'delete', Operation>>
  /** Makes sure that related resources of other services are known here before links to them are judged. */
  readonly prepare?: (relations: Relations) => Promise<void>
  /** Author of a write; throws if the caller may not make it. */
  readonly mayCreate: (context: CallContext) => string
  readonly mayChange: (context: CallContext) => string
}

/** Handlers that read one row, and create, change, replace and delete it. */
export function recordHandlers(options: RecordHandlersOptions): OperationHandler[] {
  const { store, prefix, list, writer, operations, prepare, mayCreate, mayChange } = options
  const { get, create, update, replace, delete: remove } = operations

  async function fieldsOf(body: Checked<Fields>): Promise<Fields> {
    await prepare?.(body.values)
    return complete(body, await brokenLinks(store.read, body.values))
  }

  const change = (operation: Operation) =>
    handlerOf(operation, async (given, context) => {
      const input = given as { kf_id: string; body: Checked<Fields> }
      const actor = mayChange(context)
      if ((await readItem(store.read, list, input.kf_id, '')) === undefined) throw failure('not_found', 'Not found.')
      return writer.update(input.kf_id, await fieldsOf(input.body), { operation, input, context, actor })
    })

  return [
    handlerOf(get, async (given, { baseUrl }) => {
      const body = await readItem(store.read, list, (given as { kf_id: string }).kf_id, baseUrl)
      if (body === undefined) throw failure('not_found', 'Not found.')
      return { body: { raw: body } }
    }),
    handlerOf(create, async (given, context) => {
      const input = given as { body: Checked<Fields> }
      const actor = mayCreate(context)
      return writer.create(prefix, await fieldsOf(input.body), { operation: create, input, context, actor })
    }),
    change(update),
    change(replace),
    handlerOf(remove, async (given, context) => {
      const input = given as { kf_id: string }
      return writer.delete(input.kf_id, { operation: remove, input, context, actor: mayChange(context) })
    }),
  ]
}
