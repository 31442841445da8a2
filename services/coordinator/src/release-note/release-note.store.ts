import { rowJson } from '@slipway/store'
import type { Expression, ExpressionBuilder } from 'kysely'
import type { Database } from '../database.ts'
import { listOf } from '../list-page.ts'
import { isoTime, linkTo } from '../rendered.ts'

/** The API's form of a release note `item`. */
export function releaseNoteBody(
  eb: ExpressionBuilder<{ item: Database['release_note'] }, 'item'>,
  base: Expression<string>,
) {
  return rowJson([
    eb.ref('item.kf_id').as('kf_id'),
    eb.ref('item.description').as('description'),
    eb.ref('item.author').as('author'),
    isoTime(eb.ref('item.created_at')).as('created_at'),
    linkTo(base, 'releases', eb.ref('item.release')).as('release'),
    linkTo(base, 'studies', eb.ref('item.study')).as('study'),
  ])
}

export const releaseNoteList = listOf({
  table: 'release_note',
  items: (db, base) =>
    db
      .selectFrom('release_note as item')
      .select(eb => ['item.kf_id', 'item.created_at', 'item.position', releaseNoteBody(eb, base).as('body')]),
  counted: [],
})
