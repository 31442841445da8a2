import type { OperationHandler } from '@slipway/bus'
import { failure, packageStudyOperations, viewerOf } from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import { isUniqueViolation, type Store } from '@slipway/store'
import { recordAudit } from '../audit/record-audit.ts'
import { mailBaseUrl } from '../mail/base-url.ts'
import { notFound, requireActingFor } from '../member/viewer.ts'
import { type Author, authorOf, lockPackage } from '../package/package-write.ts'
import { bindPackage, findPackageStudy, unbindPackage } from './package-study.store.ts'

/** Which package takes up what is released of a study; for those who may change the package. */
export function packageStudyHandlers(store: Store, publicUrl: string | undefined): OperationHandler[] {
  const { get, put, delete: remove } = packageStudyOperations

  const binding = writeHandler(store, put, async (tx, { releasePackageId, body: { study } }, context) => {
    const author = authorOf(context)
    const { name } = await lockPackage(tx, releasePackageId, author)
    const before = await findPackageStudy(tx.query, releasePackageId)
    if (before?.study !== study) {
      await bindPackage(tx, releasePackageId, { study, baseUrl: mailBaseUrl(publicUrl) ?? '' }, author)
      await recordAudit(tx, [entry(releasePackageId, name, study, author)])
    }
    return { body: { releasePackageId, study } }
  })

  return [
    handlerOf(get, async ({ releasePackageId }, { identity }) => {
      const viewer = viewerOf(identity)
      const found = await findPackageStudy(store.query, releasePackageId)
      if (!found) throw notFound()
      requireActingFor(viewer, found.member)
      return { body: { releasePackageId, study: found.study } }
    }),
    handlerOf(put, async (input, context, upload) => {
      try {
        return (await binding.handle(input, context, upload)) as never
      } catch (error) {
        if (!isUniqueViolation(error, 'package_study_once')) throw error
        throw failure('conflict', 'Another package is bound to the study')
      }
    }),
    writeHandler(store, remove, async (tx, { releasePackageId }, context) => {
      const author = authorOf(context)
      const { name } = await lockPackage(tx, releasePackageId, author)
      const before = await findPackageStudy(tx.query, releasePackageId)
      if (before?.study) {
        await unbindPackage(tx, releasePackageId, author)
        await recordAudit(tx, [entry(releasePackageId, name, '', author)])
      }
      return {}
    }),
  ]
}

const entry = (id: number, name: string | null, study: string, { principal }: Author) => ({
  principal,
  type: 'RELEASE_PACKAGE_STUDY_CHANGED',
  data: { 'releasePackage.name': name ?? '', 'releasePackage.study': study },
  release_package_id: id,
})
