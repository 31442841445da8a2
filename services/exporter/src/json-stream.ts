/** An array of rows that are JSON text already, written as they come in parts. */
export async function* jsonArray(parts: AsyncIterable<readonly string[]>): AsyncGenerator<Uint8Array, void, void> {
  let separator = '['
  for await (const rows of parts) {
    if (rows.length === 0) continue
    yield Buffer.from(separator + rows.join(','))
    separator = ','
  }
  yield Buffer.from(separator === '[' ? '[]' : ']')
}

/** Rows of one of several arrays, by its place among them. */
export type ArrayPart = { readonly array: number; readonly rows: readonly string[] }

/**
 * An object with arrays behind its other fields. `head` is JSON of an object with at least one field; the parts come in
 * the order of the arrays.
 */
export async function* jsonWithArrays(
  head: string,
  names: readonly string[],
  parts: AsyncIterable<ArrayPart>,
  tail = '}',
): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(head.slice(0, -1))
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
    yield Buffer.from(opening + (isEmpty ? '' : ',') + rows.join(','))
    isEmpty = false
  }
  yield Buffer.from(`${beginUpTo(names.length)}${names.length > 0 ? ']' : ''}${tail}`)
}
