import type { StreamedAnswer } from '@slipway/bus'
import type { Page } from './page-request.ts'

type Parts = AsyncIterable<readonly string[]>

/** A list of JSON texts as an answer of any size. */
export function arrayAnswer(parts: Parts): StreamedAnswer {
  return { body: chunks('[', parts, ']') }
}

/** A page of ODM: what there is, and the part of it that follows. `count` is the number of entries in the parts. */
export function pageAnswer(total: number, count: number, { limit, offset }: Page, parts: Parts): StreamedAnswer {
  const meta = JSON.stringify({ pagination: { count, total, offset, limit } })
  return { body: chunks(`{"meta":${meta},"data":[`, parts, ']}') }
}

async function* chunks(head: string, parts: Parts, tail: string): AsyncGenerator<Uint8Array, void, void> {
  let pending = head
  let first = true
  for await (const texts of parts) {
    if (texts.length === 0) continue
    yield Buffer.from(pending + (first ? '' : ',') + texts.join(','))
    pending = ''
    first = false
  }
  yield Buffer.from(pending + tail)
}

/** A list that is at hand. */
export async function* whole(texts: readonly string[]): AsyncGenerator<readonly string[], void, void> {
  yield texts
}
