import { parseExact } from '@slipway/contracts'
import type { OtherLine } from './apply-other.ts'
import type { ImportLine } from './line.ts'
import type { LineReader } from './line-reader.ts'
import { splitLines } from './split-lines.ts'

/** A line that is carried out together with its neighbours: one with a child, or one with nothing to do. */
export type RowLine = Extract<ImportLine, { kind: 'concept' | 'mapping' | 'none' }>

/** Neighbouring lines that are carried out together: rows of any sources, or one line of anything else, or a large one. */
export type LineBatch = {
  /** Bytes of each line in the file, its end included. */
  readonly bytes: readonly number[]
  readonly work:
    | { readonly kind: 'rows'; readonly lines: readonly RowLine[] }
    | { readonly kind: 'other'; readonly line: OtherLine }
    /** It is read when there is room for it. */
    | { readonly kind: 'large'; readonly read: () => Promise<LineBatch> }
}

/** Bounds of a batch: its sources are locked while it is written, and single writes wait for that long. */
const mostLines = 500
const mostBytes = 1024 * 1024

/** The lines of a file, from one of their beginnings on, in batches. */
export async function* batchesOf(
  file: AsyncIterable<Uint8Array>,
  readLine: LineReader,
): AsyncGenerator<LineBatch, void, void> {
  let lines: RowLine[] = []
  let bytes: number[] = []
  let size = 0
  function* pending(): Generator<LineBatch, void, void> {
    if (lines.length > 0) yield { bytes, work: { kind: 'rows', lines } }
    lines = []
    bytes = []
    size = 0
  }

  for await (const group of splitLines(file)) {
    for (const { bytes: text } of group) {
      const length = text.length + 1
      if (length > mostBytes) {
        yield* pending()
        yield { bytes: [length], work: { kind: 'large', read: () => readLarge(text, readLine) } }
        continue
      }
      const line = await readLine(parseExact(text.toString('utf8')))
      if (!isRow(line)) {
        yield* pending()
        yield { bytes: [length], work: { kind: 'other', line } }
        continue
      }
      if (lines.length === mostLines || size + length > mostBytes) yield* pending()
      lines.push(line)
      bytes.push(length)
      size += length
    }
  }
  yield* pending()
}

const isRow = (line: ImportLine): line is RowLine =>
  line.kind === 'concept' || line.kind === 'mapping' || line.kind === 'none'

async function readLarge(text: Buffer, readLine: LineReader): Promise<LineBatch> {
  const line = await readLine(parseExact(text.toString('utf8')))
  return { bytes: [text.length + 1], work: isRow(line) ? { kind: 'rows', lines: [line] } : { kind: 'other', line } }
}

/** The rest of a batch whose first lines are done. */
export function restOf({ bytes, work }: LineBatch, done: number): LineBatch | undefined {
  if (done >= bytes.length || work.kind !== 'rows') return undefined
  return { bytes: bytes.slice(done), work: { ...work, lines: work.lines.slice(done) } }
}

/** The first half of the lines of a batch. */
export function firstHalfOf({ bytes, work }: LineBatch): LineBatch {
  if (work.kind !== 'rows') return { bytes, work }
  const half = Math.ceil(bytes.length / 2)
  return { bytes: bytes.slice(0, half), work: { ...work, lines: work.lines.slice(0, half) } }
}

/** Asks for the next item while the last one is worked on. */
export async function* ahead<Item>(items: AsyncGenerator<Item, void, void>): AsyncGenerator<Item, void, void> {
  let next = items.next()
  // Whoever leaves in the meantime does not hear of its failure.
  next.catch(() => {})
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = items.next()
      next.catch(() => {})
      yield value
    }
  } finally {
    await items.return()
  }
}
