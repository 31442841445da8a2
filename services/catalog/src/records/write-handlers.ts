import type { CallContext, OperationHandler } from '@slipway/bus'
import {
  failure,
  isJsonObject,
  mayWritePdc,
  numberText,
  type Operation,
  type PdcAction,
  type PdcParameters,
  readPdcQuery,
} from '@slipway/contracts'
import { handlerOf, requireSignedIn } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Given, StoredRow, WriteKind, WriteOperations } from './kind.ts'
import { inPieces } from './read-handlers.ts'
import { onlyShown } from './shape.ts'
import { type Cascade, change, create, type Request, remove } from './write.ts'

type WriteInput = {
  readonly query: PdcParameters
  readonly comment: string | null
  readonly unmodifiedSince?: number | undefined
  readonly key: string
  readonly body?: unknown
}

const noChanges = 'Partial update with no changes does not make much sense.'

/** Handlers that write one kind, one object or many. */
export function writeHandlers<Row extends StoredRow, References>(
  store: Store,
  given: WriteKind<Row, References>,
  operations: WriteOperations,
  cascade?: Cascade<Row>,
): OperationHandler[] {
  // What a batch refers to is made and read by the kind itself; nobody else looks into it.
  const kind = given as unknown as WriteKind<Row>
  const { resource } = kind

  const handler = (
    operation: Operation | undefined,
    action: PdcAction,
    answer: (input: WriteInput, request: Request) => Promise<{ status: number; body?: string }>,
  ) => {
    if (!operation) return []
    return [
      handlerOf(operation, async (data, context) => {
        requireRight(context, action)
        const input = data as WriteInput
        const { comment, unmodifiedSince } = input
        const query = readPdcQuery(resource, input.query)
        const { status, body } = await answer(input, { operation, input, query, context, comment, unmodifiedSince })
        return body === undefined ? { status } : inPieces(operation, body, { status })
      }),
    ]
  }

  function requireRight({ identity }: CallContext, action: PdcAction) {
    requireSignedIn(identity)
    if (mayWritePdc(identity, resource.segment, action)) return
    throw failure('forbidden', 'You do not have permission to perform this action.')
  }

  const one = (how: Given) => async (input: WriteInput, request: Request) => {
    if (how === 'present' && isEmpty(input.body)) throw failure('invalid', noChanges)
    const items = [{ label: undefined, key: input.key, body: input.body === undefined ? {} : input.body }]
    const { shown } = request.query
    return {
      status: 200,
      body: await change(store, kind, request, how, items, ([body]) => onlyShown(body ?? '', shown)),
    }
  }

  const many = (how: Given) => async (input: WriteInput, request: Request) => {
    const { body } = input
    if (how === 'present' && isEmpty(body)) throw failure('invalid', noChanges)
    if (body === undefined || body === null) return { status: 200, body: '{}' }
    if (!isJsonObject(body)) throw failure('invalid', 'Bulk update needs a mapping.')
    const items = Object.entries(body).map(([key, value]) => ({ label: key, key, body: value as unknown }))
    const { shown } = request.query
    const render = (bodies: readonly string[]) =>
      `{${bodies.map((text, index) => `${JSON.stringify(items[index]?.key)}:${onlyShown(text, shown)}`).join(',')}}`
    if (how === 'present') requireChanges(items)
    return { status: 200, body: await change(store, kind, request, how, items, render) }
  }

  return [
    ...handler(operations.create, 'create', async ({ body }, request) => {
      const items = [{ label: undefined, body: body === undefined ? {} : body }]
      const render = ([text]: readonly string[]) => onlyShown(text ?? '', request.query.shown)
      return { status: 201, body: await create(store, kind, request, items, render) }
    }),
    ...handler(operations.createMany, 'create', async ({ body }, request) => {
      const items = (body as unknown[]).map((value, index) => ({ label: index, body: value }))
      const render = (bodies: readonly string[]) =>
        `[${bodies.map(text => onlyShown(text, request.query.shown)).join(',')}]`
      if (items.length === 0) return { status: 201, body: '[]' }
      return { status: 201, body: await create(store, kind, request, items, render) }
    }),
    ...handler(operations.replace, 'update', one('all')),
    ...handler(operations.update, 'update', one('present')),
    ...handler(operations.replaceMany, 'update', many('all')),
    ...handler(operations.updateMany, 'update', many('present')),
    ...handler(operations.delete, 'delete', async ({ key }, request) => {
      await remove(store, kind, request, [{ label: undefined, key }], cascade)
      return { status: 204 }
    }),
    ...handler(operations.deleteMany, 'delete', async ({ body }, request) => {
      await remove(store, kind, request, identifiers(body), cascade)
      return { status: 204 }
    }),
  ]
}

function isEmpty(body: unknown): boolean {
  return body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0)
}

/** An empty item of a bulk PATCH is refused like an empty PATCH. */
function requireChanges(items: readonly { readonly key: string; readonly body: unknown }[]) {
  const empty = items.find(({ body }) => typeof body === 'object' && body !== null && isEmpty(body))
  if (!empty) return
  throw failure('invalid', noChanges, { details: [{ path: [empty.key], reason: 'request', message: noChanges }] })
}

/** The keys of a bulk DELETE; the same one again is dropped, but `1` and `"1"` are two. */
function identifiers(body: unknown): { label: number; key: string }[] {
  if (!Array.isArray(body)) throw failure('invalid', 'Bulk delete needs a list of identifiers.')
  const bad = body.find(item => typeof item !== 'string' && !/^-?\d+$/.test(numberText(item) ?? ''))
  if (bad !== undefined) throw failure('invalid', `"${JSON.stringify(bad)}" is not a valid identifier.`)
  const seen = new Set<unknown>()
  return body.flatMap((item: unknown, index) => {
    const written = JSON.stringify(item)
    if (seen.has(written)) return []
    seen.add(written)
    return [{ label: index, key: numberText(item) ?? String(item) }]
  })
}
