import type { Answer, OperationHandler, StreamedAnswer } from '@slipway/bus'
import { failure, type Operation, type PdcParameters, readPdcQuery } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Store } from '@slipway/store'
import { httpDate, lastChange } from './conditional.ts'
import { readItem } from './item.ts'
import type { Kind } from './kind.ts'
import { listAll, listPage } from './list.ts'
import { onlyShown } from './shape.ts'

type ReadInput = { readonly query: PdcParameters; readonly modifiedSince?: number | undefined }

/** Handlers that read one kind: a page, everything, and one row. */
export function readHandlers(
  store: Store,
  kind: Kind,
  operations: Readonly<Record<'list' | 'all', Operation>> & Readonly<Partial<Record<'get', Operation>>>,
): OperationHandler[] {
  const { resource, related } = kind

  /** Headers of the answer; `undefined` when the client has what there is. */
  async function validators({ modifiedSince }: ReadInput): Promise<Record<string, string> | undefined> {
    const seconds = related && (await lastChange(store.read, related))
    if (seconds === undefined) return {}
    return modifiedSince !== undefined && seconds <= modifiedSince ? undefined : { 'last-modified': httpDate(seconds) }
  }

  const warned = (headers: Record<string, string>, warning: string | undefined) =>
    warning === undefined ? headers : { ...headers, 'pdc-warning': warning }

  const handlers = [
    handlerOf(operations.list, async (given, { baseUrl }) => {
      const input = given as ReadInput
      const request = { query: readPdcQuery(resource, input.query), parameters: input.query, base: baseUrl }
      const headers = await validators(input)
      if (!headers) return { status: 304 }
      const { body, warning } = await listPage(store, kind, request)
      return inPieces(operations.list, body, { headers: warned(headers, warning) })
    }),
    handlerOf(operations.all, async (given, { baseUrl }) => {
      const input = given as ReadInput
      const request = { query: readPdcQuery(resource, input.query), parameters: input.query, base: baseUrl }
      const headers = await validators(input)
      if (!headers) return { status: 304 }
      const { body, warning } = await listAll(store, kind, request)
      return { headers: warned(headers, warning), body }
    }),
  ]
  if (operations.get) handlers.push(getHandler(operations.get))
  return handlers

  function getHandler(operation: Operation) {
    return handlerOf(operation, async (given, { baseUrl }) => {
      const input = given as ReadInput & { readonly key: string }
      const query = readPdcQuery(resource, input.query)
      const [headers, body] = await Promise.all([validators(input), readItem(store, kind, query, input.key, baseUrl)])
      if (body === undefined) throw failure('not_found', 'Not found.')
      if (!headers) return { status: 304 }
      return inPieces(operation, onlyShown(body, query.shown), { headers })
    })
  }
}

/** Answers JSON text; one that may be too large for one message goes as a stream, where the operation can. */
export function inPieces(
  operation: Operation,
  body: string,
  rest: Pick<Answer<never>, 'status' | 'headers'> = {},
): Answer<never> | StreamedAnswer {
  const isStreamed = operation.flow === 'streamed-answer' && body.length > maxMessage
  return isStreamed ? { ...rest, body: piece(body) } : { ...rest, body: { raw: body } }
}

/** Characters; of up to four bytes each in UTF-8, below the payload limit of the broker. */
const maxMessage = 200_000

async function* piece(body: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(body)
}
