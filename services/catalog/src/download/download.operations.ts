import type { OperationHandler } from '@slipway/bus'
import { downloadOperations, isEditor, viewerOf } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { every, type Store, type TimersOptions, type Worker } from '@slipway/store'
import { principalOf } from '../audit/record-audit.ts'
import { accessDenied, notFound, unauthenticated } from '../member/viewer.ts'
import { abandonDownloads, beginDownload, endDownload, findWantedFile } from './download.store.ts'
import { mayDownload } from './gate.ts'

/**
 * The gate of downloads. Rights are looked up at each call: an approval or a change of standing counts at once.
 * Callers without credentials learn nothing, not even whether there is such a file.
 */
export function downloadHandlers(store: Store): OperationHandler[] {
  return [
    handlerOf(downloadOperations.authorize, async ({ downloadId, ...path }, { identity }) => {
      const viewer = viewerOf(identity)
      if (viewer.kind === 'anonymous') throw unauthenticated()
      const file = await findWantedFile(store, path, viewer.login)
      if (!file) throw notFound()
      if (mayDownload(viewer, file, file.affiliate) !== 'allowed') throw accessDenied()
      if (downloadId !== undefined) {
        const affiliateId = isEditor(viewer) ? null : file.affiliateId
        const { names } = file
        await beginDownload(store, { ...path, downloadId, principal: principalOf(identity), affiliateId, names })
      }
      return { body: { url: file.url, sha256: file.sha256 } }
    }),
    handlerOf(downloadOperations.record, async ({ downloadId, status, outcome }) => {
      await endDownload(store, downloadId, status, outcome)
      return {}
    }),
  ]
}

const everyMs = 3_600_000

export function startAbandonedDownloads(store: Store, log: TimersOptions['log']): Worker {
  return every({ store, name: 'abandoned-downloads', everyMs, log, run: () => abandonDownloads(store) })
}
