import type { Read } from './source/source.store.ts'
import { prepare } from './sql.ts'

const find = prepare<{ scope: string }>()('tally.find', (db, p) =>
  db.selectFrom('tally').select(['visible', 'hidden']).where('scope', '=', p.scope),
)

/** How many there are that everybody may see, and that only some may. */
export type Tally = { readonly visible: number; readonly hidden: number }

/** Of all orgs (`org`), of all sources (`source`), or of the sources of an owner (`source/<owner type>/<owner>`). */
export async function tallyOf(read: Read, scope: string): Promise<Tally> {
  const [tally] = await read(find, { scope })
  return tally ?? { visible: 0, hidden: 0 }
}
