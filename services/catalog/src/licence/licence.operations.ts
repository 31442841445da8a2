import type { BlobStore } from '@slipway/blobs'
import type { OperationHandler } from '@slipway/bus'
import { packageLicenceOperations } from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import { type AnyTx, rememberCommand, type Statement, type Store } from '@slipway/store'
import { notFound } from '../member/viewer.ts'
import { recordLicence } from '../package/package.store.ts'
import { authorOf, lockPackage } from '../package/package-write.ts'
import { answerLicence, type Licence, unlessEmpty } from './stored-licence.ts'

const { get, replace } = packageLicenceOperations

const find: Statement = {
  name: 'licence.find',
  text: `select license_filename as filename, license_mimetype as mimetype,
      floor(extract(epoch from license_updated_at))::float8 as seconds
    from release_package where release_package_id = $1 and inactive_at is null`,
}

const blobOf = (packageId: number) => `package/${packageId}/license`
const unnamed = 'license'
const untyped = 'application/octet-stream'

/** The licence of a package, which is public: everybody may read what they agree to. */
export function packageLicenceHandlers(store: Store, blobs: BlobStore): OperationHandler[] {
  return [
    handlerOf(get, async ({ releasePackageId, modifiedSince, head }) => {
      const [licence] = await store.read<Licence>(find, [releasePackageId])
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
      const remember = async (tx: AnyTx) => {
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
