import { failure } from '@slipway/contracts'
import { expressionBuilder, sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Read } from '../source/source.store.ts'
import { prepare } from '../sql.ts'

/** JSON text of a row. Large ones come in pieces, read as they are taken: nobody holds all of one. */
export type RowText = string | AsyncIterable<string>

/** What `textColumns` selects. */
export type TextRow = { readonly body: string | null; readonly state: number }

/** Bytes of a row that is read with others. So a thousand of them, as many as are read at once, are not too many. */
const mostAtOnce = 32_768
/** Characters. PostgreSQL reads a row from its beginning for each of its pieces, so that short ones cost it time. */
const pieceLength = 524_288

const { case: when, fn, ref } = expressionBuilder<{ v: Database['child_version'] }, 'v'>()

/** The row of the state `v`, unless it is large. Its length is known without reading it. */
export const textColumns = [
  when()
    .when(fn<number>('octet_length', ['v.body']), '<=', mostAtOnce)
    .then(ref('v.body'))
    .end()
    .as('body'),
  ref('v.position').as('state'),
] as const

const piece = prepare<{ state: number; at: number; length: number }>()('child.piece', (db, p) =>
  db
    .selectFrom('child_version')
    .select(eb => eb.fn<string>('substr', ['body', p.at, p.length]).as('piece'))
    .where('position', '=', p.state),
)
const latest = '"is_latest_version":true'
const latestAt = prepare<{ state: number }>()('child.latest-at', (db, p) =>
  db
    .selectFrom('child_version')
    .select(({ ref }) =>
      sql<number>`length(${ref('body')}) - strpos(reverse(${ref('body')}), reverse(${latest})) - ${latest.length - 2}`.as(
        'at',
      ),
    )
    .where('position', '=', p.state),
)

export const rowText = (read: Read, { body, state }: TextRow): RowText => body ?? piecesOf(read, state)

/** From the character `from` on, the first is 1, up to that before `end`. */
async function* piecesOf(read: Read, state: number, from = 1, end = Number.POSITIVE_INFINITY) {
  for (let at = from; at < end; at += pieceLength) {
    const length = Math.min(pieceLength, end - at)
    const [row] = await read(piece, { state, at, length })
    // States do not change, but go with their source.
    if (!row) throw failure('not_found', 'What is being read was deleted.')
    if (row.piece !== '') yield row.piece
    // Of what is no more than one unit of UTF-16, there may be fewer characters, never more.
    if (row.piece.length < length) return
  }
}

/** A large row of a state that is not the latest any more. As it was stored it is: its last member of that name says so. */
export async function* olderPiecesOf(read: Read, state: number): AsyncGenerator<string, void, void> {
  const [found] = await read(latestAt, { state })
  if (!found) throw failure('not_found', 'What is being read was deleted.')
  yield* piecesOf(read, state, 1, found.at)
  yield '"is_latest_version":false'
  yield* piecesOf(read, state, found.at + latest.length)
}
