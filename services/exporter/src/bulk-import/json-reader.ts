import { mostLineBytes, tooLong } from './split-lines.ts'

const quote = 34
const backslash = 92
const isBlank = (byte: number | undefined) => byte === 32 || byte === 10 || byte === 13 || byte === 9
const opens = (byte: number | undefined) => byte === 0x7b || byte === 0x5b
const closes = (byte: number | undefined) => byte === 0x7d || byte === 0x5d

/** Reads a large JSON text from front to back, value by value. Values are cut out here, and checked by whoever parses them. */
export type JsonReader = {
  /** The next character that is not blank, or undefined at the end. It is not consumed. */
  peek(): Promise<string | undefined>
  /** Consumes the next character, which must be this one. @throws `SyntaxError` */
  expect(character: string): Promise<void>
  /** The bytes of the next value. @throws `too_large` beyond the length of a line */
  value(): Promise<Buffer>
  /** The next value, which is a text, as UTF-8 in parts. */
  text(): AsyncGenerator<Buffer, void, void>
  /** Consumes a list: its items, in groups. */
  items(): AsyncGenerator<Buffer[], void, void>
  /** Consumes an object: the name of each member, after which the caller consumes its value. */
  members(): AsyncGenerator<string, void, void>
}

export function jsonReader(source: AsyncIterable<Uint8Array>): JsonReader {
  const pieces = source[Symbol.asyncIterator]()
  let bytes: Buffer = Buffer.alloc(0)
  let at = 0
  /** Values handed out so far, for messages. */
  let values = 0

  async function fill(): Promise<boolean> {
    while (at === bytes.length) {
      const { done, value } = await pieces.next()
      if (done) return false
      bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      at = 0
    }
    return true
  }

  async function peek(): Promise<string | undefined> {
    while (await fill()) {
      while (isBlank(bytes[at])) at += 1
      if (at < bytes.length) return String.fromCharCode(bytes[at] as number)
    }
    return undefined
  }

  async function expect(character: string): Promise<void> {
    const found = await peek()
    if (found !== character) throw unexpected(found, character)
    at += 1
  }

  async function value(): Promise<Buffer> {
    const found = await peek()
    if (found === undefined || found === ',' || found === ':' || closes(found.charCodeAt(0))) throw unexpected(found)
    const scan = scanner()
    const parts: Buffer[] = []
    let size = 0
    values += 1
    for (;;) {
      const from = at
      at = scan.end(bytes, at)
      parts.push(bytes.subarray(from, at))
      size += at - from
      if (size > mostLineBytes) throw tooLong(values)
      if (scan.done) break
      if (!(await fill())) {
        if (scan.open) throw unexpected(undefined)
        break
      }
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size)
  }

  async function* text(): AsyncGenerator<Buffer, void, void> {
    await expect('"')
    const utf8 = new TextDecoder('utf-8', { fatal: true })
    let raw = ''
    let half = ''
    for (let ended = false; !ended; ) {
      if (!(await fill())) throw unexpected(undefined, '"')
      const from = at
      at = endOfText(bytes, at, raw)
      ended = at < bytes.length
      raw += utf8.decode(bytes.subarray(from, at), { stream: !ended })
      if (ended) at += 1
      // An escape sequence that is cut by the end of a piece, or half a surrogate pair, waits for the next one.
      const cut = ended ? raw.length : startOfCutEscape(raw)
      const decoded = half + (JSON.parse(`"${raw.slice(0, cut)}"`) as string)
      raw = raw.slice(cut)
      half = !ended && /[\ud800-\udbff]$/.test(decoded) ? decoded.slice(-1) : ''
      const complete = half === '' ? decoded : decoded.slice(0, -1)
      if (!complete.isWellFormed()) throw new SyntaxError('half a surrogate pair')
      if (complete !== '') yield Buffer.from(complete, 'utf8')
    }
  }

  async function* items(): AsyncGenerator<Buffer[], void, void> {
    await expect('[')
    if ((await peek()) !== ']') {
      let group: Buffer[] = []
      for (;;) {
        group.push(await value())
        if (group.length === 256) {
          yield group
          group = []
        }
        if ((await peek()) !== ',') break
        at += 1
      }
      yield group
    }
    await expect(']')
  }

  async function* members(): AsyncGenerator<string, void, void> {
    await expect('{')
    if ((await peek()) !== '}') {
      for (;;) {
        if ((await peek()) !== '"') throw unexpected(await peek(), '"')
        const name = JSON.parse((await value()).toString('utf8')) as string
        await expect(':')
        yield name
        if ((await peek()) !== ',') break
        at += 1
      }
    }
    await expect('}')
  }

  return { peek, expect, value, text, items, members }
}

/** Finds the end of one value, whose bytes may come in pieces. */
function scanner() {
  let depth = 0
  let inText = false
  let escaped = false
  let started = false
  let done = false
  return {
    get done() {
      return done
    },
    /** The value cannot end here. */
    get open() {
      return depth > 0 || inText
    },
    /** Where the value ends in these bytes, or their end. */
    end(bytes: Buffer, from: number): number {
      for (let at = from; at < bytes.length; at += 1) {
        const byte = bytes[at]
        if (inText) {
          if (escaped) escaped = false
          else if (byte === backslash) escaped = true
          else if (byte === quote) {
            inText = false
            if (depth === 0) done = true
          }
        } else if (byte === quote) inText = true
        else if (opens(byte)) depth += 1
        else if (closes(byte)) {
          if (depth === 0) done = true
          if (done) return at
          depth -= 1
          if (depth === 0) done = true
        } else if (depth === 0 && started && (byte === 44 || byte === 58 || isBlank(byte))) {
          done = true
          return at
        }
        started = true
        if (done) return at + 1
      }
      return bytes.length
    },
  }
}

/** Where the text ends that began before: its quotation mark, or the end of the bytes. `before`: what waits in front. */
function endOfText(bytes: Buffer, from: number, before: string): number {
  let escaped = before === '\\'
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (escaped) escaped = false
    else if (byte === backslash) escaped = true
    else if (byte === quote) return at
  }
  return bytes.length
}

/** Where an escape sequence begins that is not complete; the length of the text when there is none. */
function startOfCutEscape(raw: string): number {
  const longest = 5
  const tail = /\\(?:u[0-9a-fA-F]{0,3})?$/.exec(raw.slice(-longest))
  if (!tail) return raw.length
  const start = Math.max(0, raw.length - longest) + tail.index
  // A backslash that is itself escaped begins nothing.
  let before = 0
  while (raw[start - 1 - before] === '\\') before += 1
  return before % 2 === 0 ? start : raw.length
}

function unexpected(found: string | undefined, wanted?: string): SyntaxError {
  const expected = wanted === undefined ? '' : `, expected '${wanted}'`
  return new SyntaxError(found === undefined ? `unexpected end${expected}` : `unexpected '${found}'${expected}`)
}
