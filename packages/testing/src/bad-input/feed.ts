import type { Bus, CallOptions } from '@slipway/bus'
import { isFailure, type Operation, operations, readInput, type ServiceName } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { type BadInput, badInputs, isObject } from './bad-inputs.ts'

export type FeedOptions = {
  readonly bus: Bus
  readonly service: ServiceName
  /** How calls are made: by somebody who may do everything. */
  readonly call: CallOptions
  /** Fields of an operation's input that lead to something that is there. */
  readonly known: (operation: Operation) => Readonly<Record<string, unknown>>
}

/** Every service answers these in the same way: those of the registry stand for all. */
const shared: ReadonlySet<string> = new Set(['dead-letter', 'outbox'])

/** What the store says of values that it should not have been given. */
const databaseRefusal = 'A value is not one that can be stored or looked for.'

/** Calls under way at the same time. */
const atOnce = 32

/**
 * Feeds every bad input that the boundary lets through to every operation of a service over the bus, and returns what was
 * not answered as it should be: success where a value is right for the field, else an error of the caller's. (That the
 * boundary stops all others is tested by itself, without servers.)
 */
export async function feedBadInputs({ bus, service, call, known }: FeedOptions): Promise<string[]> {
  const faults: string[] = []
  const inputs = operations
    .filter(operation => operation.service === service && (service === 'registry' || !shared.has(operation.noun)))
    .flatMap(operation =>
      [...badInputs(operation, known(operation))]
        .filter(({ bytes }) => passes(operation, bytes))
        .map(input => ({ operation, input })),
    )
    .values()
  const feed = async () => {
    for (const { operation, input } of inputs) {
      const fault = await faultOf(bus, operation, input, call)
      if (fault !== undefined) faults.push(`${input.what}: ${fault}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, feed))
  return faults
}

/** Also false where a body was read field by field, and some field is refused. */
function passes(operation: Operation, bytes: Buffer): boolean {
  const input = read(operation, bytes)
  const body = input?.body
  return input !== undefined && !(isObject(body) && Array.isArray(body.problems) && body.problems.length > 0)
}

function read(operation: Operation, bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const result = readInput(operation.input, JSON.parse(text))
    return result.success ? (result.data as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

async function faultOf(bus: Bus, operation: Operation, { bytes }: BadInput, call: CallOptions) {
  try {
    if (operation.flow === 'streamed-answer') {
      const { body } = await bus.openStream(operation, bytes, call)
      for await (const _chunk of body);
    } else if (operation.flow === 'streamed-request') await bus.upload(operation, bytes, once('x'), call)
    else await bus.request(operation, bytes, call)
    return undefined
  } catch (error) {
    if (!isFailure(error)) return String(error)
    if (error.message === databaseRefusal) return 'it was the database that refused it'
    if (error.status < 500 || error.code === 'bad_upstream') return undefined
    return `${error.code}: ${error.message}`
  }
}

async function* once(text: string) {
  yield Buffer.from(text)
}

/** Columns of a database that hold what is no text, as escapes in JSON. */
export async function unfitColumns(store: Pick<Store, 'read'>): Promise<string[]> {
  const columns = await store.read<{ table: string; column: string }>({
    name: 'test.columns',
    text: `select table_name as table, column_name as column from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
      where table_schema = 'public' and table_type = 'BASE TABLE' and data_type in ('text', 'json', 'jsonb', 'ARRAY')`,
  })
  const found: string[] = []
  for (const { table, column } of columns) {
    const text = String.raw`select 1 from ${table} where "${column}"::text ~ '(?<!\\)(\\\\)*\\u(0000|d[89a-f])' limit 1`
    if ((await store.read({ name: `test.${table}.${column}`, text })).length > 0) found.push(`${table}.${column}`)
  }
  return found
}
