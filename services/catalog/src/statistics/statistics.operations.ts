import type { OperationHandler } from '@slipway/bus'
import { statisticsOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Store } from '@slipway/store'
import { sql } from 'kysely'
import { type DownloadFilter, isDownload } from '../audit/audit.store.ts'
import { inPieces } from '../records/read-handlers.ts'
import { prepare } from '../sql.ts'

/** By file, not by label: two files may share one. Names are those at the last of the downloads. */
const downloads = prepare<DownloadFilter>()('statistics.downloads', (db, p) =>
  db
    .selectFrom(q =>
      q
        .selectFrom('audit_event')
        .select(eb => [
          'release_file_id',
          eb.fn.countAll<number>().as('count'),
          sql`(array_agg(data order by recorded_at desc))[1]`.as('latest'),
        ])
        .where(isDownload(p))
        .groupBy('release_file_id')
        .as('counted'),
    )
    .select(
      sql<string>`coalesce(json_agg(json_build_object('releasePackageName', latest ->> 'releasePackage.name',
        'releaseVersionName', latest ->> 'releaseVersion.name', 'releaseFileName', latest ->> 'releaseFile.label',
        'count', count) order by release_file_id), '[]')::text`.as('body'),
    ),
)

export function statisticsHandlers(store: Store): OperationHandler[] {
  return [
    handlerOf(statisticsOperations.downloads, async ({ body }) => {
      const { startDate: from, endDate: to, excludeAdminAndStaff: affiliatesOnly } = body
      const [row] = await store.read(downloads, { from, to, affiliatesOnly: affiliatesOnly ?? false })
      return inPieces(statisticsOperations.downloads, row?.body ?? '[]')
    }),
  ]
}
