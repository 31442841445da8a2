/** A JSON array of what is JSON text already, written as its items come in parts. */
export async function* jsonTextArray(parts: AsyncIterable<readonly string[]>): AsyncGenerator<Uint8Array, void, void> {
  let separator = '['
  for await (const items of parts) {
    if (items.length === 0) continue
    yield Buffer.from(separator + items.join(','))
    separator = ','
  }
  yield Buffer.from(separator === '[' ? '[]' : ']')
}

/** The same of values that are still to be written as JSON. */
export const jsonArray = (parts: AsyncIterable<readonly unknown[]>): AsyncGenerator<Uint8Array, void, void> =>
  jsonTextArray(texts(parts))

async function* texts(parts: AsyncIterable<readonly unknown[]>): AsyncGenerator<string[]> {
  for await (const items of parts) yield items.map(item => JSON.stringify(item))
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
