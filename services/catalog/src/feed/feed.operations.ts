import type { OperationHandler } from '@slipway/bus'
import { releaseFeedOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { headed, type Store } from '@slipway/store'
import { isKnown } from '../package/entity-tag.ts'
import { feedEntry, feedHead, feedTail } from './atom.ts'
import { type FeedState, feedEntries, feedState } from './feed.store.ts'

const contentType = 'application/atom+xml; charset=utf-8'

/** The feed that terminology servers watch for new versions. */
export function releaseFeedHandlers(store: Store): OperationHandler[] {
  const feed = (baseUrl: string, state: FeedState) => headed(Buffer.from(feedHead(baseUrl, state)), entriesOf(baseUrl))

  async function* entriesOf(baseUrl: string): AsyncGenerator<Uint8Array> {
    for await (const rows of feedEntries(store)) {
      if (rows.length > 0) yield Buffer.from(rows.map(row => feedEntry(row, baseUrl)).join(''))
    }
    yield Buffer.from(feedTail)
  }

  return [
    handlerOf(releaseFeedOperations.get, async ({ ifNoneMatch }, { baseUrl }) => {
      const state = await feedState(store, baseUrl)
      const { tag } = state
      if (isKnown(ifNoneMatch, tag)) return { status: 304, headers: { ETag: tag } }
      return { headers: { 'Content-Type': contentType, ETag: tag }, body: feed(baseUrl, state) }
    }),
  ]
}
