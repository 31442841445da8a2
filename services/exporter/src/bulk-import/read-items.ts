import { isUtf8 } from 'node:buffer'
import { hasTooManyValues, mostValues } from '@slipway/contracts'
import { exportItems } from './export-items.ts'
import { jsonReader } from './json-reader.ts'
import { refuseImport, unreadable } from './refusal.ts'
import { splitLines } from './split-lines.ts'
import { isArchive, unzipEntry } from './unzip-entry.ts'

export type ImportForm = 'json' | 'file'

/** Levels of lists and objects within each other that single writes take, too. */
const greatestDepth = 500
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
/** What programs send as the object with `data`, but is the first line already. */
const lineStart = /^\s*\{\s*"(?:type|id|owner|owner_type|owner_url|source|source_url|url|uuid|__action)"\s*:/
const exportStart = /^\s*\{\s*"type"\s*:\s*"Source(?: Version)?"\s*,/
/** What one look at the beginning sees. */
const headBytes = 4096

/**
 * What was sent as items of JSON, in groups, in their order: each on a line of its own and checked to be JSON. At most a
 * part of it is held.
 * @throws `malformed` with the words and the shape that clients of imports know; `too_large`
 */
export async function* readItems(
  form: ImportForm,
  upload: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<Buffer[], void, void> {
  let empty = true
  try {
    const { head, body } = await look(upload)
    const isObject = form === 'json' && !lineStart.test(head.toString('utf8'))
    for await (const items of isObject ? jsonItems(body) : fileItems(body, mostBytes)) {
      if (items.length > 0) empty = false
      yield items
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) throw unreadable(error.message)
    throw error
  }
  if (empty) throw refuseImport('Invalid input.')
}

/** The object that programs send: `data` is a text of lines, or a list. What else is in it does not matter. */
async function* jsonItems(upload: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer[], void, void> {
  const reader = jsonReader(upload)
  if ((await reader.peek()) !== '{') throw refuseImport('Invalid input.')
  for await (const name of reader.members()) {
    const next = await reader.peek()
    if (name === 'file_url') throw refuseImport('Invalid input. Files are not fetched from elsewhere; send the file.')
    if (name !== 'data') checkJson(await reader.value(), 1)
    else if (next === '[') yield* checked(reader.items())
    else if (next === '"') yield* lineItems(reader.text())
    else throw refuseImport('Invalid input.')
  }
  await expectEnd(reader)
}

async function* fileItems(file: AsyncIterable<Uint8Array>, mostBytes: number): AsyncGenerator<Buffer[], void, void> {
  const { head, body } = await look(file)
  if (isArchive(head)) yield* textItems(limited(unzipEntry(body), mostBytes))
  else yield* textItems(limited(body, mostBytes))
}

async function* textItems(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer[], void, void> {
  const { head, body } = await look(source)
  if (/^(?:\xff\xfe|\xfe\xff)/.test(head.toString('latin1'))) throw unreadable('the text is UTF-16 instead of UTF-8')
  const marked = head.subarray(0, 3).equals(byteOrderMark)
  const text = marked ? skip(body, 3) : body
  const start = head.subarray(marked ? 3 : 0).toString('utf8')
  if (/^\s*\[/.test(start)) {
    const reader = jsonReader(text)
    yield* checked(reader.items())
    await expectEnd(reader)
  } else if (/^\s*\{\s*"data"\s*:/.test(start)) yield* jsonItems(text)
  else if (exportStart.test(start)) yield* checked(exportItems(text))
  else yield* lineItems(text)
}

async function* lineItems(text: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer[], void, void> {
  for await (const lines of splitLines(text)) {
    const items: Buffer[] = []
    for (const { number, bytes } of lines) {
      if (isBlank(bytes)) continue
      checkJson(bytes, number)
      items.push(bytes)
    }
    yield items
  }
}

async function* checked(groups: AsyncIterable<readonly Buffer[]>): AsyncGenerator<Buffer[], void, void> {
  let number = 0
  for await (const items of groups) {
    yield items.map(item => {
      checkJson(item, ++number)
      return onOneLine(item)
    })
  }
}

function checkJson(item: Buffer, number: number): void {
  if (!isUtf8(item)) throw unreadable(`line ${number}: not valid UTF-8`)
  if (hasTooManyValues(item)) throw unreadable(`line ${number}: more than ${mostValues} values`)
  try {
    JSON.parse(item.toString('utf8'))
  } catch (error) {
    throw unreadable(`line ${number}: ${(error as Error).message}`)
  }
  if (isDeep(item)) throw unreadable(`line ${number}: more than ${greatestDepth} lists and objects within each other`)
}

/** Looks at the brackets only, of bytes that are valid JSON. */
function isDeep(item: Buffer): boolean {
  if (item.length < greatestDepth * 2) return false
  let depth = 0
  let inText = false
  for (let at = 0; at < item.length; at += 1) {
    const byte = item[at]
    if (inText) {
      if (byte === 92) at += 1
      else if (byte === 34) inText = false
    } else if (byte === 34) inText = true
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1
      if (depth > greatestDepth) return true
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1
  }
  return false
}

const isBlank = (line: Buffer): boolean => line.every(byte => byte === 32 || byte === 9 || byte === 13)

/** Within JSON, ends of lines stand between values only. */
function onOneLine(item: Buffer): Buffer {
  if (!item.includes(10) && !item.includes(13)) return item
  return Buffer.from(item.map(byte => (byte === 10 || byte === 13 ? 32 : byte)))
}

async function expectEnd(reader: { peek(): Promise<string | undefined> }): Promise<void> {
  const found = await reader.peek()
  if (found !== undefined) throw new SyntaxError(`unexpected '${found}' after the end`)
}

/** The beginning, and everything with the beginning. */
async function look(source: AsyncIterable<Uint8Array>): Promise<{ head: Buffer; body: AsyncIterable<Uint8Array> }> {
  const pieces = source[Symbol.asyncIterator]()
  const seen: Uint8Array[] = []
  let held = 0
  while (held < headBytes) {
    const { done, value } = await pieces.next()
    if (done) break
    seen.push(value)
    held += value.length
  }
  async function* body() {
    yield* seen.splice(0)
    yield* { [Symbol.asyncIterator]: () => pieces }
  }
  return { head: Buffer.concat(seen).subarray(0, headBytes), body: body() }
}

async function* skip(source: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array, void, void> {
  let left = bytes
  for await (const piece of source) {
    yield piece.subarray(Math.min(left, piece.length))
    left = Math.max(0, left - piece.length)
  }
}

/** What an archive holds may be a thousand times its size. */
async function* limited(source: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array, void, void> {
  let size = 0
  for await (const piece of source) {
    size += piece.length
    if (size > most) throw refuseImport(`The lines are more than ${most} bytes.`, 'too_large')
    yield piece
  }
}
