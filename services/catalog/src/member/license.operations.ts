import type { BlobStore } from '@slipway/blobs'
import type { OperationHandler } from '@slipway/bus'
import { memberOperations } from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import { rememberCommand, type Store } from '@slipway/store'
import { answerLicence, licenceColumns, unlessEmpty } from '../licence/stored-licence.ts'
import { prepare } from '../sql.ts'
import { findMember, lockMember, saveMember, shownMember } from './member.store.ts'
import { notFound, requireActingFor, requireEditor } from './viewer.ts'

const { license, setLicense } = memberOperations

const find = prepare<{ key: string }>()('member.license', (db, p) =>
  db
    .selectFrom('member')
    .select(eb => licenceColumns(eb.ref('license_updated_at')))
    .where('key', '=', p.key),
)
const blobOf = (key: string) => `member/${key}/license`
const unnamed = 'license'
const untyped = 'application/octet-stream'

/** The licence that affiliates of a member agree to; everybody may read it. */
export function memberLicenseHandlers(store: Store, blobs: BlobStore): OperationHandler[] {
  return [
    handlerOf(license, async ({ key, modifiedSince, head }) => {
      const [stored] = await store.read(find, { key })
      if (!stored) throw notFound()
      return answerLicence(blobs, blobOf(key), stored, { modifiedSince, head })
    }),

    handlerOf(setLicense, async (input, context, upload) => {
      const { key, licenseName, licenseVersion } = input
      // Whoever may not is told before they have sent everything.
      const viewer = requireEditor(context.identity)
      if (!(await findMember(store.read, key))) throw notFound()
      requireActingFor(viewer, key)
      const bytes = await unlessEmpty(upload)
      const blob = bytes && (await blobs.write(bytes, { signal: context.signal }))
      const saved = await store.transaction(async tx => {
        const row = await lockMember(tx, key)
        if (!row) throw notFound()
        if (blob) await blobs.publish(tx, blobOf(key), blob)
        const file = {
          license_filename: input.filename || unnamed,
          license_mimetype: input.mimetype || untyped,
          newLicense: true,
        }
        const names = {
          ...(licenseName !== undefined && { license_name: licenseName }),
          ...(licenseVersion !== undefined && { license_version: licenseVersion }),
        }
        const body = shownMember(await saveMember(tx, row, { ...names, ...(blob && file) }, context), viewer)
        const command = commandOf(setLicense, input, context)
        if (command) await rememberCommand(tx, { ...command, status: 200, headers: {}, body: JSON.stringify(body) })
        return body
      })
      return { body: saved as never }
    }),
  ]
}
