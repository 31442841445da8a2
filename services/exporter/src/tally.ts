import type { Statement } from '@slipway/store'
import type { Read } from './source/source.store.ts'

const find: Statement = { name: 'tally.find', text: 'select visible, hidden from tally where scope = $1' }

/** How many there are that everybody may see, and that only some may. */
export type Tally = { readonly visible: number; readonly hidden: number }

/** Of all orgs (`org`), of all sources (`source`), or of the sources of an owner (`source/<owner type>/<owner>`). */
export async function tallyOf(read: Read, scope: string): Promise<Tally> {
  const [tally] = await read<Tally>(find, [scope])
  return tally ?? { visible: 0, hidden: 0 }
}
