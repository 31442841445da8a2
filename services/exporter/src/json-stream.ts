import { headed } from '@slipway/store'
import type { RowText } from './child/row-text.ts'

export async function* bytesOf(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of pieces) yield Buffer.from(piece)
}

/** Rows with commas between them behind what comes before, in parts. */
async function* separated(opening: string, rows: readonly RowText[]): AsyncGenerator<Uint8Array, void, void> {
  let begun = 0
  for (const [index, row] of rows.entries()) {
    if (typeof row === 'string') continue
    const before = rows.slice(begun, index).concat('').join(',')
    yield Buffer.from(begun === 0 ? opening + before : `,${before}`)
    yield* bytesOf(row)
    begun = index + 1
  }
  const rest = rows.slice(begun).join(',')
  if (begun === 0) yield Buffer.from(opening + rest)
  else if (begun < rows.length) yield Buffer.from(`,${rest}`)
}

/** An array of rows that are JSON text already, written as they come in parts. */
export async function* jsonArray(parts: AsyncIterable<readonly RowText[]>): AsyncGenerator<Uint8Array, void, void> {
  let separator = '['
  for await (const rows of parts) {
    if (rows.length === 0) continue
    yield* separated(separator, rows)
    separator = ','
  }
  yield Buffer.from(separator === '[' ? '[]' : ']')
}

/** Bytes at the end of a row that are looked at as a whole. */
const endBytes = 64

/** The row without what its end matches, and what follows it. */
async function* continued(
  row: Exclude<RowText, string>,
  end: RegExp,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let held = Buffer.alloc(0)
  for await (const piece of row) {
    const bytes = Buffer.concat([held, Buffer.from(piece)])
    held = bytes.subarray(-endBytes)
    yield bytes.subarray(0, -endBytes)
  }
  yield Buffer.from(held.toString('latin1').replace(end, ''), 'latin1')
  yield* rest
}

/** Rows of one of several arrays, by its place among them. */
export type ArrayPart = { readonly array: number; readonly rows: readonly RowText[] }

/**
 * An object with arrays behind its other fields. `head` is JSON of an object with at least one field, which are continued
 * in place of its `end`; the parts come in the order of the arrays. A head that is at hand is not given away before the
 * first of them.
 */
export function jsonWithArrays(
  head: RowText,
  names: readonly string[],
  parts: AsyncIterable<ArrayPart>,
  tail = '}',
  end = /\}$/,
): AsyncGenerator<Uint8Array, void, void> {
  const arrays = arraysOf(names, parts, tail)
  return typeof head === 'string' ? headed(Buffer.from(head.replace(end, '')), arrays) : continued(head, end, arrays)
}

async function* arraysOf(
  names: readonly string[],
  parts: AsyncIterable<ArrayPart>,
  tail: string,
): AsyncGenerator<Uint8Array, void, void> {
  let begun = 0
  let isEmpty = true
  const beginUpTo = (count: number) => {
    let text = ''
    for (; begun < count; begun += 1) {
      text += `${begun > 0 ? ']' : ''},"${names[begun]}":[`
      isEmpty = true
    }
    return text
  }
  for await (const { array, rows } of parts) {
    if (rows.length === 0) continue
    const opening = beginUpTo(array + 1)
    yield* separated(opening + (isEmpty ? '' : ','), rows)
    isEmpty = false
  }
  yield Buffer.from(`${beginUpTo(names.length)}${names.length > 0 ? ']' : ''}${tail}`)
}
