import type { BlobStore } from '@slipway/blobs'
import { failure, isJsonObject, lineOutcomes, parseExact } from '@slipway/contracts'
import { headed, type Store } from '@slipway/store'
import type { ArrayPart } from '../json-stream.ts'
import { blobNameOf, type ImportPart, type ImportRow, importParts } from './bulk-import.store.ts'
import { isFinished, letterOf, messageOf, outcomeOf, summaryOf } from './bulk-import.ts'
import { splitLines } from './split-lines.ts'

/** An import as a task. */
export function taskOf(row: ImportRow) {
  const { id, state, queue, identity, createdAt, startedAt, finishedAt, runtime, error } = row
  return {
    id,
    task: id,
    state,
    name: 'bulk_import' as const,
    queue,
    username: identity.login,
    created_at: createdAt,
    started_at: startedAt,
    finished_at: finishedAt,
    runtime: state === 'PENDING' ? null : runtime,
    summary: state === 'PENDING' ? null : summaryOf(row),
    children: [],
    message: state === 'PENDING' ? null : error === null ? messageOf(row) : `${error}. ${messageOf(row)}`,
  }
}

export type ReportSource = { readonly store: Store; readonly blobs: BlobStore }

type ReportedLine = {
  readonly number: number
  readonly text: string
  readonly letter: string
  readonly errors: unknown
}

/** The lines of an import that these letters came of, in groups and in their order. */
async function* reportedLines(
  { store, blobs }: ReportSource,
  row: ImportRow,
  letters: string,
): AsyncGenerator<ReportedLine[], void, void> {
  const blob = await blobs.find(blobNameOf(row.id))
  if (!blob) throw failure('not_found', 'The lines are gone.')
  let after = -1
  for (;;) {
    const parts = await importParts(store.read, row.id, after, letters)
    for (const part of parts) {
      yield await linesOf(part)
      after = part.firstLine
    }
    if (parts.length === 0) return
  }

  async function linesOf({ firstLine, firstByte, lastByte, outcomes, errors }: ImportPart): Promise<ReportedLine[]> {
    const wanted: ReportedLine[] = []
    let index = 0
    for await (const group of splitLines(
      blobs.read(blob as NonNullable<typeof blob>, { start: firstByte, end: lastByte - 1 }),
    )) {
      for (const { bytes } of group) {
        const letter = outcomes[index] ?? ''
        if (letters.includes(letter)) {
          wanted.push({
            number: firstLine + index + 1,
            text: bytes.toString('utf8'),
            letter,
            errors: errors?.[String(index)],
          })
        }
        index += 1
      }
    }
    return wanted
  }
}

/** The lists of lines by outcome, to be written behind each other; lines that failed say why under `errors`. */
export async function* resultParts(source: ReportSource, row: ImportRow): AsyncGenerator<ArrayPart, void, void> {
  for (const [array, outcome] of lineOutcomes.entries()) {
    if (!row.counts[outcome]) continue
    for await (const lines of reportedLines(source, row, letterOf(outcome))) {
      yield { array, rows: lines.map(({ text, errors }) => withErrors(text, errors)) }
    }
  }
}

function withErrors(text: string, errors: unknown): string {
  if (errors === undefined) return text
  const line = parseExact(text)
  return JSON.stringify(isJsonObject(line) ? { ...line, errors } : { line, errors })
}

/** A report for people: the summary, and each line that did not come to what was asked. */
export function reportText(source: ReportSource, row: ImportRow): AsyncGenerator<Uint8Array, void, void> {
  const { id, state, queue, identity } = row
  const summary = `Import ${id} of ${identity.login} (queue ${queue}): ${state}\n${taskOf(row).message ?? ''}\n`
  return headed(Buffer.from(summary), lineTexts(source, row))
}

async function* lineTexts(source: ReportSource, row: ImportRow): AsyncGenerator<Uint8Array, void, void> {
  const { state } = row
  if (!isFinished(state) && state !== 'STARTED') return
  for await (const lines of reportedLines(source, row, ['i', 'f', 'n', 'p', 'x'].join(''))) {
    const texts = lines.map(({ number, text, letter, errors }) => {
      const reason = errors === undefined ? '' : ` ${JSON.stringify(errors)}`
      return `line ${number}: ${outcomeOf(letter)}${reason} ${text.length > 300 ? `${text.slice(0, 300)}…` : text}\n`
    })
    yield Buffer.from(texts.join(''))
  }
}
