import type { CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, idPrefixes, releaseNoteEvents, releaseNoteOperations } from '@slipway/contracts'
import { handlerOf, requireRole } from '@slipway/service'
import type { Store } from '@slipway/store'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'
import { listPage } from '../list-page.ts'
import { recordWriter } from '../record.ts'
import { recordHandlers } from '../record-handlers.ts'
import { requireFilters } from '../relations.ts'
import { releaseNoteBody, releaseNoteList } from './release-note.store.ts'

/** Release notes: read by everybody, written by administrators. */
export function releaseNoteHandlers(store: Store<Database>): OperationHandler[] {
  const admin = (context: CallContext) => actorOf(requireRole(context.identity, ['ADMIN'], 'Must be an admin'))
  const writer = recordWriter(store, {
    table: 'release_note',
    body: releaseNoteBody,
    events: releaseNoteEvents,
    data: ({ ref }) =>
      jsonBuildObject({
        note_id: ref('changed.kf_id'),
        release_id: ref('changed.release'),
        study_id: ref('changed.study'),
        author: ref('changed.author'),
        description: ref('changed.description'),
      }),
  })

  return [
    handlerOf(releaseNoteOperations.list, async ({ release, study, author, ...page }, { baseUrl }) => {
      await requireFilters(store.read, { release, study })
      const filters = { release: release || undefined, study: study || undefined, author: author || undefined }
      const request = { ...page, filters, base: baseUrl, url: `${baseUrl}/release-notes` }
      return { body: { raw: await listPage(store.read, releaseNoteList, request) } }
    }),
    ...recordHandlers({
      store,
      prefix: idPrefixes.releaseNote,
      list: releaseNoteList,
      writer,
      operations: releaseNoteOperations,
      mayCreate: admin,
      mayChange: admin,
    }),
  ]
}
