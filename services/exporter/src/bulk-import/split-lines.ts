import { maxRowBytes } from '@slipway/contracts'
import { refuseImport } from './refusal.ts'

const newline = 10
const carriageReturn = 13

/** Bytes of one line at most: as many as any row may have. */
export const mostLineBytes = maxRowBytes

/** A line without its end. */
export type TextLine = { readonly number: number; readonly bytes: Buffer }

/**
 * The lines of a text, in groups as they come; empty ones are counted and left out.
 * @throws `too_large` for a line that is longer than `mostLineBytes`
 */
export async function* splitLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<TextLine[], void, void> {
  let pending: Buffer[] = []
  let held = 0
  let number = 1

  function hold(part: Buffer): void {
    pending.push(part)
    held += part.length
    if (held > mostLineBytes) throw tooLong(number)
  }
  function finished(): TextLine {
    const line = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending, held)
    pending = []
    held = 0
    return { number, bytes: line.at(-1) === carriageReturn ? line.subarray(0, -1) : line }
  }

  for await (const piece of source) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    const lines: TextLine[] = []
    let start = 0
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      if (end > start) hold(bytes.subarray(start, end))
      if (held > 0) lines.push(finished())
      number += 1
      start = end + 1
      // Many empty lines are passed over without a look for each.
      while (held === 0 && bytes[start] === newline) {
        number += 1
        start += 1
      }
    }
    if (start < bytes.length) hold(bytes.subarray(start))
    if (lines.length > 0) yield lines
  }
  if (held > 0) yield [finished()]
}

export const tooLong = (number: number) =>
  refuseImport(`Failed to parse input. (line ${number}: longer than ${mostLineBytes} bytes)`, 'too_large')
