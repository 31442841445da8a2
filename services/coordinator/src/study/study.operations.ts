import type { CallContext, OperationHandler } from '@slipway/bus'
import { failure, studyOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { listPage, readItem } from '../list-page.ts'
import { releaseContainsStudy, releaseList, withStudy } from '../release/release.store.ts'
import { studyList } from './study.store.ts'
import type { StudyMirror } from './study-mirror.ts'

export type StudyOperationsOptions = {
  readonly store: Store<Database>
  readonly mirror: StudyMirror
  readonly requireCheckRight: (context: CallContext) => void
}

/** Studies: read, and mirror them from the data service. */
export function studyHandlers({ store, mirror, requireCheckRight }: StudyOperationsOptions): OperationHandler[] {
  const { list, get, releases, release, sync } = studyOperations

  async function requireStudy(id: string, base: string): Promise<string> {
    const body = await readItem(store.read, studyList, id, base)
    if (body === undefined) throw failure('not_found', 'Not found.')
    return body
  }

  return [
    handlerOf(list, async (page, { baseUrl }) => {
      const request = { ...page, base: baseUrl, url: `${baseUrl}/studies` }
      return { body: { raw: await listPage(store.read, studyList, request) } }
    }),
    handlerOf(get, async ({ kf_id }, { baseUrl }) => ({ body: { raw: await requireStudy(kf_id, baseUrl) } })),
    handlerOf(releases, async ({ kf_id, ...page }, { baseUrl }) => {
      await requireStudy(kf_id, baseUrl)
      const url = `${baseUrl}/studies/${encodeURIComponent(kf_id)}/releases`
      const request = { ...page, condition: withStudy(kf_id), base: baseUrl, url }
      return { body: { raw: await listPage(store.read, releaseList, request) } }
    }),
    handlerOf(release, async ({ kf_id, release: id }, { baseUrl }) => {
      const body = await readItem(store.read, releaseList, id, baseUrl)
      if (body === undefined || !(await releaseContainsStudy(store.read, id, kf_id))) {
        throw failure('not_found', 'Not found.')
      }
      return { body: { raw: body } }
    }),
    handlerOf(sync, async (_input, context) => {
      requireCheckRight(context)
      const { result, task } = await mirror.run(context)
      const headers: Record<string, string> = task ? { 'Slipway-Task': task } : {}
      if (result.kind === 'failed') {
        const message = 'There was an error getting studies from the dataservice'
        return { status: result.status, headers, body: { raw: JSON.stringify({ status: 'error', message }) } }
      }
      const { added, deleted, message } = result
      return { headers, body: { status: 'ok' as const, new: added, deleted, message } }
    }),
  ]
}
