/** A JSON array, written as its items come in parts. */
export async function* jsonArray(parts: AsyncIterable<readonly unknown[]>): AsyncGenerator<Uint8Array, void, void> {
  let separator = '['
  for await (const items of parts) {
    if (items.length === 0) continue
    yield Buffer.from(separator + items.map(item => JSON.stringify(item)).join(','))
    separator = ','
  }
  yield Buffer.from(separator === '[' ? '[]' : ']')
}

/**
 * What is read by ids, some at a time: memory does not grow with their number, and no transaction waits for a slow
 * reader. What is gone meanwhile is left out.
 */
export async function* inParts<Item>(
  ids: readonly number[],
  size: number,
  read: (some: readonly number[]) => Promise<readonly Item[]>,
): AsyncGenerator<readonly Item[], void, void> {
  for (let from = 0; from < ids.length; from += size) yield await read(ids.slice(from, from + size))
}
