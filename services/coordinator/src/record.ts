import type { Answer, CallContext, RawBody } from '@slipway/bus'
import { type EventType, failure, type IdPrefix, newId, type Operation } from '@slipway/contracts'
import { commandOf } from '@slipway/service'
import { isUniqueViolation, type Prepared, type Store } from '@slipway/store'
import type { Database } from './database.ts'
import {
  type RecordColumn,
  type RecordKind,
  type RecordParameters,
  type RecordTable,
  type RecordValues,
  recordStatements,
} from './record.store.ts'

/** A random id can be taken already. */
const attempts = 3

/** One write: the operation with its input and context, and its author. */
export type Write = {
  readonly operation: Operation
  readonly input: unknown
  readonly context: CallContext
  readonly actor: string
}

type RecordAnswer = Answer<never> & { readonly body: RawBody }

/** Writes rows of one kind. `update` and `delete` throw `not_found`. */
export type RecordWriter = {
  create(prefix: IdPrefix, values: RecordValues, by: Write): Promise<RecordAnswer>
  update(id: string, values: RecordValues, by: Write): Promise<RecordAnswer>
  delete(id: string, by: Write): Promise<Answer<never>>
}

export function recordWriter<Table extends RecordTable, Type extends EventType>(
  store: Store<Database>,
  kind: RecordKind<Table, Type>,
): RecordWriter {
  const statements = recordStatements(kind)

  function run<Result>(
    statement: Prepared<RecordParameters, Result>,
    kf_id: string,
    values: RecordValues,
    { operation, input, context, actor }: Write,
  ): Promise<Result[]> {
    const command = commandOf(operation, input, context)
    const { baseUrl: base, traceparent } = context
    const given = {
      base,
      actor,
      traceparent,
      command: command?.id,
      fingerprint: command?.fingerprint,
      kf_id,
      ...values,
    }
    return store.write(statement, given)
  }

  return {
    async create(prefix, values, by) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const rows = await run(statements.create(columnsOf(values)), newId(prefix), values, by)
          return { status: 201, body: rawBody(rows) }
        } catch (error) {
          if (!isUniqueViolation(error, `${kind.table}_pkey`) || attempt >= attempts) throw error
        }
      }
    },
    async update(id, values, by) {
      return { body: rawBody(await run(statements.update(columnsOf(values)), id, values, by)) }
    },
    async delete(id, by) {
      if ((await run(statements.remove, id, {}, by)).length === 0) throw failure('not_found', 'Not found.')
      return { status: 204 }
    },
  }
}

const columnsOf = (values: RecordValues) => Object.keys(values) as RecordColumn[]

function rawBody([row]: readonly { body: string }[]): RawBody {
  if (!row) throw failure('not_found', 'Not found.')
  return { raw: row.body }
}
