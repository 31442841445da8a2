import type { BlobStore } from '@slipway/blobs'
import type { OperationHandler } from '@slipway/bus'
import { packageLicenceOperations } from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import { type Queryable, rememberCommand, type Store } from '@slipway/store'
import { notFound } from '../member/viewer.ts'
import { recordLicence } from '../package/package.store.ts'
import { authorOf, lockPackage } from '../package/package-write.ts'
import { prepare } from '../sql.ts'
import { answerLicence, licenceColumns, unlessEmpty } from './stored-licence.ts'

const { get, replace } = packageLicenceOperations

const find = prepare<{ id: number }>()('licence.find', (db, p) =>
  db
    .selectFrom('release_package')
    .select(eb => licenceColumns(eb.ref('license_updated_at')))
    .where('release_package_id', '=', p.id)
    .where('inactive_at', 'is', null),
)

const blobOf = (packageId: number) => `package/${packageId}/license`
const unnamed = 'license'
const untyped = 'application/octet-stream'

/** The licence of a package, which is public: everybody may read what they agree to. */
export function packageLicenceHandlers(store: Store, blobs: BlobStore): OperationHandler[] {
  return [
    handlerOf(get, async ({ releasePackageId, modifiedSince, head }) => {
      const [licence] = await store.read(find, { id: releasePackageId })
      if (!licence) throw notFound()
      return answerLicence(blobs, blobOf(releasePackageId), licence, { modifiedSince, head })
    }),
    handlerOf(replace, async (input, context, upload) => {
      const { releasePackageId: id } = input
      const author = authorOf(context)
      // Whoever may not is told before they have sent everything.
      await store.transaction(tx => lockPackage(tx, id, author))
      const bytes = await unlessEmpty(upload)
      const blob = bytes && (await blobs.write(bytes, { signal: context.signal }))
      const remember = async (tx: Queryable) => {
        const command = commandOf(replace, input, context)
        if (command) await rememberCommand(tx, { ...command, status: 200, headers: {}, body: '' })
      }
      await store.transaction(async tx => {
        if (blob) {
          await lockPackage(tx, id, author)
          await blobs.publish(tx, blobOf(id), blob)
          const file = { filename: input.filename || unnamed, mimetype: input.mimetype || untyped }
          await recordLicence(tx, id, file, author)
        }
        await remember(tx)
      })
      return { status: 200 }
    }),
  ]
}
