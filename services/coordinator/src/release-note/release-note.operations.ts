import type { CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, idPrefixes, releaseNoteEvents, releaseNoteOperations } from '@slipway/contracts'
import { handlerOf, requireRole } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { listPage } from '../list-page.ts'
import { recordWriter } from '../record.ts'
import { recordHandlers } from '../record-handlers.ts'
import { requireFilters } from '../relations.ts'
import { releaseNoteItem, releaseNoteList } from './release-note.store.ts'

/** Release notes: read by everybody, written by administrators. */
export function releaseNoteHandlers(store: Store<Database>): OperationHandler[] {
  const admin = (context: CallContext) => actorOf(requireRole(context.identity, ['ADMIN'], 'Must be an admin'))
  const writer = recordWriter(store, {
    table: 'release_note',
    fields: releaseNoteList.fields,
    events: releaseNoteEvents,
    data: `json_build_object('note_id', row.kf_id, 'release_id', row.release, 'study_id', row.study,
      'author', row.author, 'description', row.description)`,
  })

  return [
    handlerOf(releaseNoteOperations.list, async ({ release, study, author, ...page }, { baseUrl }) => {
      await requireFilters(store.read, { release, study })
      const filters = Object.entries({ release, study, author })
        .filter(([, value]) => value)
        .map(([column, value]) => ({ column, value: value as string }))
      const request = { ...page, filters, base: baseUrl, url: `${baseUrl}/release-notes` }
      return { body: { raw: await listPage(store.read, releaseNoteList, request) } }
    }),
    ...recordHandlers({
      store,
      prefix: idPrefixes.releaseNote,
      item: releaseNoteItem,
      writer,
      operations: releaseNoteOperations,
      mayCreate: admin,
      mayChange: admin,
    }),
  ]
}
