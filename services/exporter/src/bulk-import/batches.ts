import {
  type ConceptFields,
  type Identity,
  type ImportTarget,
  type MappingFields,
  parseExact,
} from '@slipway/contracts'
import { sourceUrl } from '../paths.ts'
import type { OtherLine } from './apply-other.ts'
import { type ChildLine, readLine } from './line.ts'
import { splitLines } from './split-lines.ts'

/** Neighbouring lines that are carried out together: children of one kind and source, or one line of anything else. */
export type LineBatch = {
  /** Bytes of each line in the file, its end included. */
  readonly bytes: readonly number[]
  readonly work:
    | { readonly kind: 'concept'; readonly lines: readonly ChildLine<ConceptFields>[] }
    | { readonly kind: 'mapping'; readonly lines: readonly ChildLine<MappingFields>[] }
    | { readonly kind: 'other'; readonly line: OtherLine }
}

/** Bounds of a batch: the source is locked while it is written, and single writes wait for that long. */
const mostLines = 500
const mostBytes = 1024 * 1024

/** The lines of a file, from one of their beginnings on, in batches. */
export async function* batchesOf(
  file: AsyncIterable<Uint8Array>,
  identity: Identity,
  target: ImportTarget | null,
): AsyncGenerator<LineBatch, void, void> {
  let key = ''
  let kind: 'concept' | 'mapping' = 'concept'
  let lines: ChildLine<ConceptFields & MappingFields>[] = []
  let bytes: number[] = []
  let size = 0
  function* pending(): Generator<LineBatch, void, void> {
    if (lines.length > 0) yield { bytes, work: { kind, lines } as LineBatch['work'] }
    lines = []
    bytes = []
    size = 0
  }

  for await (const group of splitLines(file)) {
    for (const { bytes: text } of group) {
      const length = text.length + 1
      const line = readLine(parseExact(text.toString('utf8')), identity, target)
      if (line.kind !== 'concept' && line.kind !== 'mapping') {
        yield* pending()
        yield { bytes: [length], work: { kind: 'other', line } }
        continue
      }
      const itsKey = `${line.kind} ${sourceUrl(line.line.target)}`
      if (itsKey !== key || lines.length === mostLines || size + length > mostBytes) yield* pending()
      key = itsKey
      kind = line.kind
      lines.push(line.line as ChildLine<ConceptFields & MappingFields>)
      bytes.push(length)
      size += length
    }
  }
  yield* pending()
}

/** The rest of a batch whose first lines are done. */
export function restOf({ bytes, work }: LineBatch, done: number): LineBatch | undefined {
  if (done >= bytes.length || work.kind === 'other') return undefined
  return { bytes: bytes.slice(done), work: { ...work, lines: work.lines.slice(done) } as LineBatch['work'] }
}

/** The first half of the lines of a batch. */
export function firstHalfOf({ bytes, work }: LineBatch): LineBatch {
  if (work.kind === 'other') return { bytes, work }
  const half = Math.ceil(bytes.length / 2)
  return { bytes: bytes.slice(0, half), work: { ...work, lines: work.lines.slice(0, half) } as LineBatch['work'] }
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
