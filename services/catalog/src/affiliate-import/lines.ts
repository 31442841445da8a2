import { failure } from '@slipway/contracts'
import { separator } from '../affiliate/affiliate-table.ts'

/** A line of a table. */
export type Line = {
  /** From 1. */
  readonly number: number
  /** Without what is blank around them. */
  readonly cells: readonly string[]
}

/** A table: its first line that is not blank names the columns. */
export type Table = {
  /** All lines, the blank ones included. */
  readonly count: number
  readonly head: Line | undefined
  readonly lines: readonly Line[]
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const ends = /\r\n|\r|\n/
/** Control characters count as blank, as in MLDS; in the middle of a value they stay. */
const blank = /^[\0-\x20]+|[\0-\x20]+$/g

/** Of a table. */
const mostLines = 10_000
/** Of a line that are looked at: more than there are columns. */
const mostCells = 100

/** The text of a file; undefined where it is not in UTF-8. A byte order mark is no part of it. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Reads a table as MLDS writes it: columns are divided by `^`, and quotes are characters like others.
 * @throws `too_large` for one of more lines than are taken in at once
 */
export function readTable(text: string): Table {
  const all = text.split(ends, mostLines + 2)
  if (all.at(-1) === '') all.pop()
  if (all.length > mostLines) throw failure('too_large', `The table has more than ${mostLines} lines`)
  const cellsOf = (line: string) => line.split(separator, mostCells).map(cell => cell.replaceAll(blank, ''))
  const lines = all
    .map((line, index) => ({ number: index + 1, cells: cellsOf(line) }))
    .filter(({ cells }) => cells.length > 1 || cells[0] !== '')
  return { count: all.length, head: lines[0], lines: lines.slice(1) }
}
