import { itemStatement, type ListSource } from '../list-page.ts'

/** Fields of a release note in the API's order; `n` is its row. */
export const releaseNoteFields = (n: string) => `
  ${n}.kf_id, ${n}.description, ${n}.author, iso_time(${n}.created_at) as created_at,
  :base::text || '/releases/' || ${n}.release as release,
  :base::text || '/studies/' || ${n}.study as study`

export const releaseNoteList: ListSource = { table: 'release_note', fields: releaseNoteFields('item'), counted: [] }

export const releaseNoteItem = itemStatement(releaseNoteList)
