import type { OperationHandler } from '@slipway/bus'
import { statisticsOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Statement, Store } from '@slipway/store'
import { inPieces } from '../records/read-handlers.ts'

/** By file, not by label: two files may share one. Names are those at the last of the downloads. */
const downloads: Statement = {
  name: 'statistics.downloads',
  text: `
    select coalesce(json_agg(json_build_object('releasePackageName', latest ->> 'releasePackage.name',
      'releaseVersionName', latest ->> 'releaseVersion.name', 'releaseFileName', latest ->> 'releaseFile.label',
      'count', count) order by release_file_id), '[]')::text as body
    from (
      select release_file_id, count(*) as count, (array_agg(data order by recorded_at desc))[1] as latest
      from audit_event
      where type = 'RELEASE_FILE_DOWNLOADED' and data ->> 'download.statusCode' = '200'
        and recorded_at >= $1::date::timestamp at time zone 'utc'
        and recorded_at < ($2::date + 1)::timestamp at time zone 'utc'
        and (not $3::boolean or affiliate_id is not null)
      group by release_file_id
    ) counted`,
}

export function statisticsHandlers(store: Store): OperationHandler[] {
  return [
    handlerOf(statisticsOperations.downloads, async ({ body }) => {
      const { startDate, endDate, excludeAdminAndStaff } = body
      const [row] = await store.read<{ body: string }>(downloads, [startDate, endDate, excludeAdminAndStaff ?? false])
      return { body: inPieces(statisticsOperations.downloads, row?.body ?? '[]') as never }
    }),
  ]
}
