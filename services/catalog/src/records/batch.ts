import { type ErrorDetail, failure, invalid, isFailure, readStrictBody, type SlipwayError } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import type { Given, StoredRow, Uniqueness, WriteKind } from './kind.ts'

/** One object of a request. */
export type Item<Row> = {
  /** Key or index by which the client knows it; undefined: it is the whole request. */
  readonly label: string | number | undefined
  readonly body: unknown
  /** What is to be changed; undefined for a new object. A key may be one that an earlier item made. */
  readonly key: string | number | undefined
  readonly find: (rows: ReadonlyMap<number, Row>) => Row | undefined
  /** Of a new object. */
  readonly id: number
}

/**
 * Judges items in their order, each as if those before it were already done, over data that was loaded for all of them
 * at once. Returns the rows as they are afterwards, one for each item.
 * @throws the failure of the first item that is wrong, with its label in front of all paths
 */
export async function judge<Row extends StoredRow, References>(
  kind: WriteKind<Row, References>,
  read: Queryable['query'],
  items: readonly Item<Row>[],
  before: ReadonlyMap<number, Row>,
  given: Given,
): Promise<Row[]> {
  const references = await kind.loadReferences(
    read,
    items.map(({ body }) => body),
    [...before.values()],
  )
  const { merged, failed } = merge(kind, items, before, references, given)
  if (kind.uniqueness.length > 0 && merged.length > 0) {
    const neighbours = await kind.loadNeighbours(read, merged)
    requireUnique(kind, items, merged, [...neighbours, ...before.values()])
  }
  if (failed) throw failed
  return merged
}

function merge<Row extends StoredRow, References>(
  kind: WriteKind<Row, References>,
  items: readonly Item<Row>[],
  before: ReadonlyMap<number, Row>,
  references: References,
  given: Given,
) {
  const current = new Map(before)
  const merged: Row[] = []
  for (const item of items) {
    try {
      const old = item.key === undefined ? undefined : item.find(current)
      if (item.key !== undefined && !old) throw failure('not_found', 'Not found.')
      const checked = readStrictBody(kind.resource, given, item.body)
      const id = old?.id ?? item.id
      const row = { ...kind.merge(checked, old, references, given, id), id, seq: old?.seq ?? 1 } as Row
      current.set(id, row)
      merged.push(row)
    } catch (error) {
      return { merged, failed: labelled(error, item.label) }
    }
  }
  return { merged, failed: undefined }
}

function requireUnique<Row extends StoredRow>(
  kind: WriteKind<Row, never> | WriteKind<Row>,
  items: readonly Item<Row>[],
  merged: readonly Row[],
  others: readonly Row[],
) {
  const rules = (kind as WriteKind<Row>).uniqueness
  const taken = rules.map(() => new Map<string, number>())
  const keys = new Map<number, (string | undefined)[]>()
  const put = (row: Row) => {
    for (const [index, key] of (keys.get(row.id) ?? []).entries()) if (key !== undefined) taken[index]?.delete(key)
    const own = rules.map(({ keyOf }) => keyOf(row))
    for (const [index, key] of own.entries()) if (key !== undefined) taken[index]?.set(key, row.id)
    keys.set(row.id, own)
  }
  for (const row of others) put(row)
  for (const [index, row] of merged.entries()) {
    const broken = rules.filter(({ keyOf }, rule) => {
      const key = keyOf(row)
      const owner = key === undefined ? undefined : taken[rule]?.get(key)
      return owner !== undefined && owner !== row.id
    })
    if (broken.length > 0) throw labelled(invalid(detailsOf(broken)), items[index]?.label)
    put(row)
  }
}

/** What is wrong with fields is told before what is wrong with the whole; rules of one message are told once. */
function detailsOf(broken: readonly Omit<Uniqueness<never>, 'keyOf'>[]): ErrorDetail[] {
  const fields = broken.filter(({ field }) => field !== undefined)
  const wholes = broken.filter(({ ofId }) => !ofId)
  const told = fields.length > 0 ? fields : wholes.length > 0 ? wholes : broken
  return [...new Map(told.map(rule => [rule.message, rule])).values()].map(({ field, message }) => ({
    path: field === undefined ? [] : [field],
    reason: 'not_unique',
    message,
  }))
}

/** Puts the label of an item in front of what is wrong with it. A sentence for the whole gets the reason `request`. */
export function labelled(error: unknown, label: string | number | undefined): unknown {
  if (label === undefined || !isFailure(error)) return error
  const { code, message, details, status } = error as SlipwayError
  const inner = details ?? [{ path: [], reason: 'request', message }]
  return failure(code, message, {
    status,
    details: inner.map(detail => ({ ...detail, path: [label, ...detail.path] })),
  })
}
